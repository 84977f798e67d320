// SPDX-License-Identifier: LGPL-2.1-or-later
/// What whoever reaches the control port can send once TLS is done: bytes in any pieces. The first
/// byte chooses how the rest is cut into pieces.

#include "Target.h"
#include "peer/Frames.h"
#include "peer/Hello.h"
#include "peer/JsonRpc.h"

#include <QList>

#include <algorithm>

namespace {

using namespace lockstep;
using fuzz::promise;

struct Read
{
    QList<QByteArray> frames;
    bool oversized{false};
    friend bool operator==(const Read&, const Read&) = default;
};

Read readIn(const QByteArray& stream, qsizetype piece)
{
    FrameReader reader;
    Read read;
    for (qsizetype from = 0; from < stream.size() && !read.oversized; from += piece) {
        reader.append(stream.sliced(from, std::min(piece, stream.size() - from)));
        while (true) {
            const auto frame = reader.next();
            read.oversized = !frame;
            if (!frame || !*frame)
                break;
            read.frames << **frame;
        }
    }
    return read;
}

void take(const rpc::Request& request)
{
    const auto read = helloFromJson(request.params);
    if (!read)
        return;
    const auto again = helloFromJson(toJson(*read));
    promise(again && toJson(*again) == toJson(*read), "a greeting comes back as it was");
}

void take(const rpc::Response& response)
{
    promise(response.id >= 0, "an answer is to a request of ours, or to none");
    if (response.result)
        (void)helloFromJson(*response.result);
}

void take(const rpc::Fault& fault)
{
    promise(std::holds_alternative<rpc::Response>(rpc::parse(rpc::response(fault)))
                || !fault.id.isNull(),
            "what we answer to nonsense is an answer");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const qsizetype piece = data[0] + 1;
    const QByteArray stream = fuzz::bytes(data + 1, size - 1);
    const Read read = readIn(stream, piece);
    promise(read == readIn(stream, std::max<qsizetype>(stream.size(), 1)),
            "frames do not depend on how they arrive");
    for (const QByteArray& frame : read.frames) {
        promise(frame.size() <= FrameReader::largest, "no frame is larger than the limit");
        std::visit([](const auto& message) { take(message); }, rpc::parse(frame));
    }
    return 0;
}
