// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

Result<std::tuple<>> set(BusClient& client, const wire::Dictionary& options)
{
    return client.call<>(pairPath, pairInterface, "SetSettings", options);
}

Result<std::tuple<std::vector<wire::Dictionary>>> domains(BusClient& client)
{
    return client.call<std::vector<wire::Dictionary>>(root, managerInterface, "ListDomains",
                                                      wire::Dictionary{});
}

struct Wrong
{
    const char* name;
    wire::Dictionary options;
    QString message;
};

const std::vector<Wrong>& everyWrong()
{
    static const std::vector<Wrong> all{
        {"nothing", {}, u"there is nothing to set"_s},
        {"unknown",
         {{"auto-protekt", sdbus::Variant{true}}},
         u"a pair has no setting \"auto-protekt\""_s},
        {"of protect only",
         {{"image-directory", sdbus::Variant{"/x"}}},
         u"a pair has no setting \"image-directory\""_s},
        {"value",
         {{"arbiter", sdbus::Variant{"coin"}}},
         u"arbiter \"coin\": it can be manual, etcd or fence"_s},
        {"flag as text",
         {{"auto-protect", sdbus::Variant{"yes"}}},
         u"option auto-protect: it must be a boolean"_s},
        {"word as number",
         {{"arbiter", sdbus::Variant{uint64_t{1}}}},
         u"option arbiter: it must be a string"_s},
        {"no such mode",
         {{"mode", sdbus::Variant{std::string{"xen"}}}},
         u"mode \"xen\": it can be colo, remus, kemari or auto"_s},
        {"too long",
         {{"period", sdbus::Variant{uint64_t{60'001'000}}}},
         u"it can be 1ms to 60s or default"_s},
        {"part of a millisecond",
         {{"period", sdbus::Variant{uint64_t{1'500}}}},
         u"period \"1.5ms\""_s},
        {"time as text", {{"period", sdbus::Variant{std::string{"25ms"}}}}, u"option period"_s},
        {"too few", {{"queue-limit", sdbus::Variant{uint64_t{15}}}}, u"it can be 16 to 65536"_s},
        {"all of the time",
         {{"max-stopped", sdbus::Variant{uint64_t{101}}}},
         u"max-stopped \"101\": it can be 1 to 100"_s},
        {"exposed for too long",
         {{"max-exposure", sdbus::Variant{uint64_t{601'000'000}}}},
         u"it can be 10ms to 600s or default"_s},
        {"part of a MiB",
         {{"bandwidth", sdbus::Variant{uint64_t{1'500'000}}}},
         u"bandwidth \"1500000\": it can be 1MiB/s to 100GiB/s or default"_s},
        {"rate as text",
         {{"bandwidth", sdbus::Variant{std::string{"10MiB/s"}}}},
         u"option bandwidth: it must be a number of bytes a second"_s},
        {"copy faster than anything",
         {{"copy-speed", sdbus::Variant{uint64_t{107'375'230'976}}}},
         u"copy-speed \"107375230976\": it can be 1MiB/s to 100GiB/s or default"_s},
        {"copy speed as text",
         {{"copy-speed", sdbus::Variant{std::string{"10MiB/s"}}}},
         u"option copy-speed: it must be a number of bytes a second"_s},
        {"too many channels", {{"channels", sdbus::Variant{uint64_t{17}}}}, u"it can be 1 to 16"_s},
        {"no such compression",
         {{"compression", sdbus::Variant{std::string{"lz4"}}}},
         u"it can be none, zlib or zstd"_s},
    };
    return all;
}

QString text(const wire::Dictionary& dictionary, const char* key)
{
    const auto found = dictionary.find(key);
    return found == dictionary.end() ? u"(missing)"_s
                                     : QString::fromStdString(found->second.get<std::string>());
}

} // namespace

/// Settings of pairs and of the daemon, and the domains that there are.
class SettingsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void setsWhatIsGiven();
    void refusesWhatIsNoSetting_data();
    void refusesWhatIsNoSetting();
    void listsEveryDomain();
    void tellsThatLibvirtIsGone();
    void showsTheConfiguration();
    void takesNoOptionsThatItDoesNotKnow();
    void tellsHowLongAJobStillTakes();
};

void SettingsTest::setsWhatIsGiven()
{
    Stage stage;
    QVERIFY(set(*stage.client,
                {{"auto-protect", sdbus::Variant{true}}, {"reuse-disks", sdbus::Variant{false}}}));
    QVERIFY(
        set(*stage.client,
            {{"arbiter", sdbus::Variant{"etcd"}}, {"on-arbiter-loss", sdbus::Variant{"wait"}}}));
    const QString uuid = toString(samplePair().uuid);
    QCOMPARE(stage.pairs.calls,
             (QStringList{u"set %1 auto-protect no reuse-disks"_s.arg(uuid),
                          u"set %1 arbiter=etcd on-arbiter-loss=wait"_s.arg(uuid)}));
    stage.pairs.refusal = Error{Errc::WrongRole, u"web1 runs on beta"_s, u"Go there."_s};
    const auto refused = set(*stage.client, {{"auto-protect", sdbus::Variant{true}}});
    QVERIFY(!refused);
    QCOMPARE(refused.error(), *stage.pairs.refusal);
}

void SettingsTest::refusesWhatIsNoSetting_data()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const Wrong& wrong : everyWrong())
        QTest::newRow(wrong.name) << index++;
}

void SettingsTest::refusesWhatIsNoSetting()
{
    QFETCH(int, index);
    const Wrong& wrong = everyWrong().at(static_cast<std::size_t>(index));
    Stage stage;
    const auto refused = set(*stage.client, wrong.options);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code(), Errc::InvalidArgument);
    QVERIFY2(refused.error().message().contains(wrong.message),
             qPrintable(refused.error().message()));
    QVERIFY(stage.pairs.calls.isEmpty());
}

void SettingsTest::listsEveryDomain()
{
    Stage stage;
    DomainInfo web;
    web.uuid = samplePair().uuid;
    web.name = u"web1"_s;
    web.id = 4;
    web.state = DomainState::Running;
    web.persistent = true;
    DomainInfo db = web;
    db.uuid = DomainUuid{QUuid::createUuid()};
    db.name = u"db"_s;
    db.id = -1;
    db.state = DomainState::Off;
    stage.hypervisor.known = {web, db};
    const auto listed = domains(*stage.client);
    QVERIFY(listed);
    const auto& all = std::get<0>(*listed);
    QCOMPARE(all.size(), std::size_t{2});
    QCOMPARE(text(all[0], "name"), u"db"_s);
    QCOMPARE(text(all[0], "state"), u"shut off"_s);
    QCOMPARE(all[0].at("protectable").get<bool>(), false);
    const auto why = all[0].at("findings").get<std::vector<wire::Dictionary>>();
    QCOMPARE(text(why.at(0), "id"), u"domain-off"_s);
    QVERIFY(!all[0].contains("id") && !all[0].contains("pair"));
    QCOMPARE(all[1].at("id").get<int64_t>(), int64_t{4});
    QCOMPARE(text(all[1], "role"), u"primary"_s);
    QCOMPARE(text(all[1], "pair-state"), u"protected"_s);
    QCOMPARE(text(all[1], "peer"), u"beta"_s);
    QCOMPARE(all[1].at("pair").get<sdbus::ObjectPath>(), pairPath);
    QCOMPARE(all[1].at("protectable").get<bool>(), false); // it is protected
}

void SettingsTest::tellsThatLibvirtIsGone()
{
    Stage stage;
    stage.hypervisor.refusal = Error{Errc::HypervisorUnavailable, u"libvirtd does not run"_s};
    const auto listed = domains(*stage.client);
    QVERIFY(!listed);
    QCOMPARE(listed.error().code(), Errc::HypervisorUnavailable);
}

void SettingsTest::showsTheConfiguration()
{
    Stage stage;
    const auto shown = stage.client->call<std::string, std::vector<wire::Dictionary>>(
        root, managerInterface, "GetConfiguration", wire::Dictionary{});
    QVERIFY(shown);
    const auto& [file, settings] = *shown;
    QCOMPARE(file, std::string{"/etc/lockstep/lockstepd.conf"});
    QCOMPARE(settings.size(), std::size_t{2});
    QCOMPARE(text(settings[0], "key"), u"control.port"_s);
    QCOMPARE(text(settings[0], "value"), u"7000"_s);
    QCOMPARE(text(settings[0], "default"), u"49500"_s);
    QCOMPARE(settings[0].at("from-file").get<bool>(), true);
    QCOMPARE(settings[1].at("secret").get<bool>(), true);
    QCOMPARE(text(settings[1], "value"), u"(set)"_s);
}

void SettingsTest::takesNoOptionsThatItDoesNotKnow()
{
    Stage stage;
    const wire::Dictionary some{{"all", sdbus::Variant{true}}};
    const auto listed = stage.client->call<std::vector<wire::Dictionary>>(root, managerInterface,
                                                                          "ListDomains", some);
    QVERIFY(!listed);
    QCOMPARE(listed.error().code(), Errc::InvalidArgument);
    const auto shown = stage.client->call<std::string, std::vector<wire::Dictionary>>(
        root, managerInterface, "GetConfiguration", some);
    QVERIFY(!shown);
    QCOMPARE(shown.error().code(), Errc::InvalidArgument);
}

void SettingsTest::tellsHowLongAJobStillTakes()
{
    Stage stage;
    const auto eta = [&] {
        return stage.client->properties(jobPath, jobInterface).at("EtaUSec").get<uint64_t>();
    };
    QCOMPARE(eta(), uint64_t{0});
    JobView job = sampleJob();
    job.timeLeft = std::chrono::seconds{90};
    stage.pairs.put(job);
    QCOMPARE(eta(), uint64_t{90'000'000});
    QTRY_VERIFY(!stage.client->heard(jobPath, "PropertiesChanged").empty());
    QVERIFY(stage.client->heard(jobPath, "PropertiesChanged")
                .at(0)
                .changed.contains(sdbus::PropertyName{"EtaUSec"}));
}

QTEST_GUILESS_MAIN(SettingsTest)
#include "SettingsTest.moc"
