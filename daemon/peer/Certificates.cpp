// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <QCryptographicHash>

#include <array>
#include <memory>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

template <auto release>
struct Release
{
    template <typename T>
    void operator()(T* object) const
    {
        release(object);
    }
};

using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BN_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;

constexpr int serialBits = 127;

std::unexpected<Error> opensslFailed(const char* what)
{
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return failure(Errc::Internal,
                   u"%1: %2"_s.arg(QLatin1StringView{what}, QLatin1StringView{text.data()}));
}

QLatin1StringView unitOf(LeafUse use)
{
    switch (use) {
    case LeafUse::Daemon:
        return "lockstepd"_L1;
    case LeafUse::QemuServer:
        return "qemu-server"_L1;
    case LeafUse::QemuClient:
        return "qemu-client"_L1;
    }
    return {};
}

const char* extendedUsageOf(LeafUse use)
{
    switch (use) {
    case LeafUse::Daemon:
        return "serverAuth,clientAuth";
    case LeafUse::QemuServer:
        return "serverAuth";
    case LeafUse::QemuClient:
        return "clientAuth";
    }
    return "";
}

bool addName(X509_NAME* name, const char* field, const QByteArray& value)
{
    const auto* const bytes = reinterpret_cast<const unsigned char*>(value.constData());
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes,
                                      static_cast<int>(value.size()), -1, 0)
        == 1;
}

bool addExtension(X509* certificate, X509* issuer, int nid, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool addAlternativeNames(X509* certificate, const LeafRequest& request)
{
    const Names names{sk_GENERAL_NAME_new_null()};
    const auto add = [&names](int type, const QByteArray& value) {
        auto* string =
            ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
        auto* name = GENERAL_NAME_new();
        ASN1_STRING_set(string, value.constData(), static_cast<int>(value.size()));
        GENERAL_NAME_set0_value(name, type, string);
        return sk_GENERAL_NAME_push(names.get(), name) > 0;
    };
    bool good = names && add(GEN_DNS, request.hostName.toLatin1());
    bool isIpv4 = false;
    const quint32 ipv4 = request.address.toIPv4Address(&isIpv4);
    if (isIpv4) {
        std::array<char, 4> bytes{};
        for (size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<char>(ipv4 >> (8 * (bytes.size() - 1 - i)));
        good = good && add(GEN_IPADD, QByteArray{bytes.data(), bytes.size()});
    } else if (!request.address.isNull()) {
        const auto ipv6 = request.address.toIPv6Address();
        good = good
            && add(GEN_IPADD, QByteArray{reinterpret_cast<const char*>(ipv6.c), sizeof ipv6.c});
    }
    return good
        && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT)
        == 1;
}

/// A certificate for `key` with serial number, dates, subject and key identifier, not signed yet.
Certificate prepare(EVP_PKEY* key)
{
    Certificate certificate{X509_new()};
    const Number serial{BN_new()};
    const bool good = certificate && serial
        && X509_set_version(certificate.get(), X509_VERSION_3) == 1
        && BN_rand(serial.get(), serialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
        && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) != nullptr
        && ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "20000101000000Z") == 1
        && ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "20491231235959Z") == 1
        && X509_set_pubkey(certificate.get(), key) == 1;
    if (!good)
        certificate.reset();
    return certificate;
}

template <typename Write>
QByteArray toPem(Write write)
{
    const Bio memory{BIO_new(BIO_s_mem())};
    if (!memory || write(memory.get()) != 1)
        return {};
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<qsizetype>(size)};
}

Result<KeyedCertificate> sign(X509* certificate, EVP_PKEY* key, EVP_PKEY* signingKey)
{
    if (X509_sign(certificate, signingKey, EVP_sha256()) == 0)
        return opensslFailed("signing a certificate");
    KeyedCertificate made{
        toPem([key](BIO* bio) {
            return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
        }),
        toPem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); })};
    if (made.key.isEmpty() || made.certificate.isEmpty())
        return opensslFailed("writing a certificate");
    return made;
}

Key readKey(const QByteArray& pem)
{
    const Bio memory{BIO_new_mem_buf(pem.constData(), static_cast<int>(pem.size()))};
    return Key{memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr) : nullptr};
}

Certificate readPem(const QByteArray& pem)
{
    const Bio memory{BIO_new_mem_buf(pem.constData(), static_cast<int>(pem.size()))};
    return Certificate{memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)
                              : nullptr};
}

Certificate readDer(const QByteArray& der)
{
    const auto* data = reinterpret_cast<const unsigned char*>(der.constData());
    return Certificate{d2i_X509(nullptr, &data, static_cast<long>(der.size()))};
}

bool isFor(X509* leaf, LeafUse use)
{
    X509_NAME* const subject = X509_get_subject_name(leaf);
    const int position = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, -1);
    if (position < 0
        || X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, position) >= 0)
        return false;
    const ASN1_STRING* const unit =
        X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, position));
    return QLatin1StringView{reinterpret_cast<const char*>(ASN1_STRING_get0_data(unit)),
                             ASN1_STRING_length(unit)}
    == unitOf(use);
}

} // namespace

Result<KeyedCertificate> makeAuthority(const QString& hostName)
{
    const Key key{EVP_EC_gen("P-256")};
    if (!key)
        return opensslFailed("making a key");
    const Certificate certificate = prepare(key.get());
    if (!certificate)
        return opensslFailed("making a CA certificate");
    X509* const raw = certificate.get();
    const bool good = addName(X509_get_subject_name(raw), "CN", "Lockstep CA " + hostName.toUtf8())
        && X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1
        && addExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        && addExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign")
        && addExtension(raw, raw, NID_subject_key_identifier, "hash");
    if (!good)
        return opensslFailed("making a CA certificate");
    return sign(raw, key.get(), key.get());
}

Result<KeyedCertificate> makeLeaf(const KeyedCertificate& authority, const LeafRequest& request)
{
    const Key caKey = readKey(authority.key);
    const Certificate ca = readPem(authority.certificate);
    const Key key{EVP_EC_gen("P-256")};
    if (!caKey || !ca || !key)
        return opensslFailed("reading our CA");
    const Certificate certificate = prepare(key.get());
    if (!certificate)
        return opensslFailed("making a certificate");
    X509* const raw = certificate.get();
    X509_NAME* const subject = X509_get_subject_name(raw);
    const bool good = addName(subject, "CN", request.hostName.toUtf8())
        && addName(subject, "OU",
                   QByteArray{unitOf(request.use).data(), unitOf(request.use).size()})
        && X509_set_issuer_name(raw, X509_get_subject_name(ca.get())) == 1
        && addExtension(raw, ca.get(), NID_basic_constraints, "critical,CA:FALSE")
        && addExtension(raw, ca.get(), NID_key_usage, "critical,digitalSignature")
        && addExtension(raw, ca.get(), NID_ext_key_usage, extendedUsageOf(request.use))
        && addExtension(raw, ca.get(), NID_subject_key_identifier, "hash")
        && addExtension(raw, ca.get(), NID_authority_key_identifier, "keyid")
        && addAlternativeNames(raw, request);
    if (!good)
        return opensslFailed("making a certificate");
    return sign(raw, key.get(), caKey.get());
}

bool belongTogether(const KeyedCertificate& pair)
{
    const Key key = readKey(pair.key);
    const Certificate certificate = readPem(pair.certificate);
    const bool good =
        key && certificate && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return good;
}

std::optional<PeerId> signer(const QByteArray& leaf, const QByteArray& ca, LeafUse use)
{
    const Certificate leafCertificate = readDer(leaf);
    const Certificate caCertificate = readDer(ca);
    const bool good = leafCertificate && caCertificate
        && (X509_get_extension_flags(caCertificate.get()) & EXFLAG_CA) != 0
        && (X509_get_key_usage(caCertificate.get()) & KU_KEY_CERT_SIGN) != 0
        && (X509_get_extension_flags(leafCertificate.get()) & EXFLAG_CA) == 0
        && X509_check_issued(caCertificate.get(), leafCertificate.get()) == X509_V_OK
        && X509_verify(leafCertificate.get(), X509_get0_pubkey(caCertificate.get())) == 1
        && isFor(leafCertificate.get(), use);
    ERR_clear_error();
    if (!good)
        return std::nullopt;
    return fingerprint(ca);
}

bool isValidNow(const QByteArray& certificate)
{
    const Certificate read = readDer(certificate);
    const bool good = read && X509_cmp_current_time(X509_get0_notBefore(read.get())) < 0
        && X509_cmp_current_time(X509_get0_notAfter(read.get())) > 0;
    ERR_clear_error();
    return good;
}

PeerId fingerprint(const QByteArray& certificate)
{
    const auto digest = QCryptographicHash::hash(certificate, QCryptographicHash::Sha256);
    return PeerId{QString::fromLatin1(digest.toHex())};
}

} // namespace lockstep
