<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>Act</name>
    <message>
        <source>&amp;Protect a Domain...</source>
        <translation>Domain &amp;schützen...</translation>
    </message>
    <message>
        <source>Give a running domain a live shadow on another host.</source>
        <translation>Einer laufenden Domain ein lebendes Abbild auf einem anderen Host geben.</translation>
    </message>
    <message>
        <source>&amp;Unprotect...</source>
        <translation>Schutz &amp;beenden...</translation>
    </message>
    <message>
        <source>End protection; the domain is a plain one again.</source>
        <translation>Den Schutz beenden; die Domain ist wieder eine gewöhnliche.</translation>
    </message>
    <message>
        <source>&amp;Switch Over...</source>
        <translation>&amp;Umschalten...</translation>
    </message>
    <message>
        <source>A planned change of roles: the domain moves to the other host, nothing is lost.</source>
        <translation>Ein geplanter Rollenwechsel: die Domain zieht auf den anderen Host um, nichts geht verloren.</translation>
    </message>
    <message>
        <source>&amp;Take Over...</source>
        <translation>Ü&amp;bernehmen...</translation>
    </message>
    <message>
        <source>Let the shadow on this host go live.</source>
        <translation>Das Abbild auf diesem Host in Betrieb nehmen.</translation>
    </message>
    <message>
        <source>Go on &amp;Alone...</source>
        <translation>&amp;Allein weiterlaufen...</translation>
    </message>
    <message>
        <source>The domain on this host goes on without its shadow.</source>
        <translation>Die Domain auf diesem Host läuft ohne ihr Abbild weiter.</translation>
    </message>
    <message>
        <source>S&amp;ettings of the Pair...</source>
        <translation>&amp;Einstellungen des Paars...</translation>
    </message>
    <message>
        <source>How the pair is kept in step and fails over.</source>
        <translation>Wie das Paar im Gleichschritt bleibt und was bei einem Ausfall geschieht.</translation>
    </message>
    <message>
        <source>&amp;Cancel the Job</source>
        <translation>Auftrag ab&amp;brechen</translation>
    </message>
    <message>
        <source>Stop what is being done to the domain, and undo it.</source>
        <translation>Anhalten, was mit der Domain geschieht, und es zurücknehmen.</translation>
    </message>
    <message>
        <source>&amp;Drain This Host...</source>
        <translation>Diesen Host &amp;räumen...</translation>
    </message>
    <message>
        <source>Switch every protected domain of this host over, one after the other.</source>
        <translation>Jede geschützte Domain dieses Hosts umschalten, eine nach der anderen.</translation>
    </message>
    <message>
        <source>Add a &amp;Host...</source>
        <translation>&amp;Host hinzufügen...</translation>
    </message>
    <message>
        <source>Make another host known, by its address.</source>
        <translation>Einen anderen Host mit seiner Adresse bekannt machen.</translation>
    </message>
    <message>
        <source>A&amp;ccept the Host...</source>
        <translation>Host a&amp;nnehmen...</translation>
    </message>
    <message>
        <source>Trust a host that has asked, after comparing fingerprints.</source>
        <translation>Einem Host vertrauen, der gefragt hat, nach dem Vergleich der Fingerabdrücke.</translation>
    </message>
    <message>
        <source>&amp;Link Settings...</source>
        <translation>&amp;Verbindungseinstellungen...</translation>
    </message>
    <message>
        <source>Heartbeats to the host, and a second path.</source>
        <translation>Herzschläge zu dem Host und ein zweiter Weg.</translation>
    </message>
    <message>
        <source>&amp;Remove the Host...</source>
        <translation>Host &amp;entfernen...</translation>
    </message>
    <message>
        <source>Forget a host that no pair needs.</source>
        <translation>Einen Host vergessen, den kein Paar braucht.</translation>
    </message>
    <message>
        <source>Only a pair that is protected can be switched over.</source>
        <translation>Nur ein geschütztes Paar kann umgeschaltet werden.</translation>
    </message>
    <message>
        <source>The domain runs here. Take over on the host of the shadow.</source>
        <translation>Die Domain läuft hier. Übernommen wird auf dem Host des Abbilds.</translation>
    </message>
    <message>
        <source>The shadow here is not in step.</source>
        <translation>Das Abbild hier ist nicht im Gleichschritt.</translation>
    </message>
    <message>
        <source>Only the host that the domain runs on can go on alone.</source>
        <translation>Nur der Host, auf dem die Domain läuft, kann allein weitermachen.</translation>
    </message>
    <message>
        <source>The domain has no shadow.</source>
        <translation>Die Domain hat kein Abbild.</translation>
    </message>
    <message>
        <source>A domain is protected on the host that it runs on.</source>
        <translation>Geschützt wird eine Domain auf dem Host, auf dem sie läuft.</translation>
    </message>
    <message>
        <source>The domain has a shadow, or is about to have one.</source>
        <translation>Die Domain hat ein Abbild oder bekommt gerade eines.</translation>
    </message>
    <message>
        <source>Unprotect it on the host that it runs on.</source>
        <translation>Beenden Sie den Schutz auf dem Host, auf dem sie läuft.</translation>
    </message>
    <message>
        <source>Settings are changed on the host that the domain runs on.</source>
        <translation>Einstellungen werden auf dem Host geändert, auf dem die Domain läuft.</translation>
    </message>
    <message>
        <source>The pair is busy. Wait until it is protected or alone.</source>
        <translation>Das Paar ist beschäftigt. Warten Sie, bis es geschützt oder allein ist.</translation>
    </message>
    <message>
        <source>This job cannot be cancelled, or not any more.</source>
        <translation>Dieser Auftrag kann nicht oder nicht mehr abgebrochen werden.</translation>
    </message>
    <message>
        <source>No job works on this domain.</source>
        <translation>An dieser Domain arbeitet kein Auftrag.</translation>
    </message>
    <message>
        <source>A job works on this domain. Wait for it, or cancel it.</source>
        <translation>An dieser Domain arbeitet ein Auftrag. Warten Sie, oder brechen Sie ihn ab.</translation>
    </message>
    <message>
        <source>This host is accepted already.</source>
        <translation>Dieser Host ist schon angenommen.</translation>
    </message>
    <message>
        <source>There is no link before both hosts trust each other.</source>
        <translation>Es gibt keine Verbindung, bevor beide Hosts einander vertrauen.</translation>
    </message>
    <message>
        <source>Pairs need this host. Unprotect them first.</source>
        <translation>Paare brauchen diesen Host. Beenden Sie erst deren Schutz.</translation>
    </message>
    <message>
        <source>No protected domain runs on this host.</source>
        <translation>Auf diesem Host läuft keine geschützte Domain.</translation>
    </message>
    <message>
        <source>%1 has no shadow that is in step.</source>
        <translation>%1 hat kein Abbild im Gleichschritt.</translation>
    </message>
    <message>
        <source>lockstepd does not answer.</source>
        <translation>lockstepd antwortet nicht.</translation>
    </message>
    <message>
        <source>No other host is trusted yet. Add one first.</source>
        <translation>Noch wird keinem anderen Host vertraut. Fügen Sie erst einen hinzu.</translation>
    </message>
    <message>
        <source>Choose another host first.</source>
        <translation>Wählen Sie erst einen anderen Host.</translation>
    </message>
    <message>
        <source>Choose a pair first.</source>
        <translation>Wählen Sie erst ein Paar.</translation>
    </message>
</context>
<context>
    <name>Format</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 h</translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation>%1 d</translation>
    </message>
</context>
<context>
    <name>StateLook</name>
    <message>
        <source>preparing</source>
        <translation>in Vorbereitung</translation>
    </message>
    <message>
        <source>The shadow is being made. The guest runs unprotected.</source>
        <translation>Das Abbild entsteht. Der Gast läuft ungeschützt.</translation>
    </message>
    <message>
        <source>copying</source>
        <translation>kopiert</translation>
    </message>
    <message>
        <source>Disks and memory go to the other host. The guest runs unprotected.</source>
        <translation>Platten und Speicher gehen zum anderen Host. Der Gast läuft ungeschützt.</translation>
    </message>
    <message>
        <source>confirming</source>
        <translation>wird bestätigt</translation>
    </message>
    <message>
        <source>The shadow is in step; the arbiter is being told.</source>
        <translation>Das Abbild ist im Gleichschritt; der Schiedsrichter erfährt es gerade.</translation>
    </message>
    <message>
        <source>protected</source>
        <translation>geschützt</translation>
    </message>
    <message>
        <source>The shadow is in step and can take over at any time.</source>
        <translation>Das Abbild ist im Gleichschritt und kann jederzeit übernehmen.</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>The twin is gone. The arbiter or an administrator decides who goes on; until then clients wait.</source>
        <translation>Der Zwilling ist weg. Der Schiedsrichter oder ein Administrator entscheidet, wer weitermacht; bis dahin warten die Clients.</translation>
    </message>
    <message>
        <source>taking over</source>
        <translation>übernimmt</translation>
    </message>
    <message>
        <source>The shadow goes live on this host.</source>
        <translation>Das Abbild geht auf diesem Host in Betrieb.</translation>
    </message>
    <message>
        <source>merging</source>
        <translation>führt zusammen</translation>
    </message>
    <message>
        <source>It runs here; what the shadow wrote is being merged.</source>
        <translation>Sie läuft hier; was das Abbild geschrieben hat, wird zusammengeführt.</translation>
    </message>
    <message>
        <source>alone</source>
        <translation>allein</translation>
    </message>
    <message>
        <source>It runs here without a shadow. Protect it again when the other host can.</source>
        <translation>Sie läuft hier ohne Abbild. Schützen Sie sie wieder, sobald der andere Host kann.</translation>
    </message>
    <message>
        <source>stale</source>
        <translation>veraltet</translation>
    </message>
    <message>
        <source>The domain runs on the other host. What is here is out of date.</source>
        <translation>Die Domain läuft auf dem anderen Host. Was hier ist, ist veraltet.</translation>
    </message>
    <message>
        <source>undoing</source>
        <translation>nimmt zurück</translation>
    </message>
    <message>
        <source>A protection that failed or was cancelled is taken back.</source>
        <translation>Ein misslungener oder abgebrochener Schutz wird zurückgenommen.</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>The guest was turned off.</source>
        <translation>Der Gast wurde ausgeschaltet.</translation>
    </message>
    <message>
        <source>primary</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Clients talk to the copy on this host.</source>
        <translation>Die Clients sprechen mit der Kopie auf diesem Host.</translation>
    </message>
    <message>
        <source>shadow</source>
        <translation>Abbild</translation>
    </message>
    <message>
        <source>The copy on this host is the shadow.</source>
        <translation>Die Kopie auf diesem Host ist das Abbild.</translation>
    </message>
    <message>
        <source>wants to pair</source>
        <translation>möchte sich verbinden</translation>
    </message>
    <message>
        <source>It has asked to pair, and nobody here has accepted it.</source>
        <translation>Er hat gefragt, und niemand hier hat ihn angenommen.</translation>
    </message>
    <message>
        <source>not accepted yet</source>
        <translation>noch nicht angenommen</translation>
    </message>
    <message>
        <source>It is accepted here. Now accept this host on the other one.</source>
        <translation>Er ist hier angenommen. Nehmen Sie jetzt diesen Host auf dem anderen an.</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>There has been no heartbeat yet.</source>
        <translation>Es gab noch keinen Herzschlag.</translation>
    </message>
    <message>
        <source>alive</source>
        <translation>lebt</translation>
    </message>
    <message>
        <source>Its heartbeats come as they should.</source>
        <translation>Seine Herzschläge kommen, wie sie sollen.</translation>
    </message>
    <message>
        <source>slow</source>
        <translation>langsam</translation>
    </message>
    <message>
        <source>Its heartbeats come late.</source>
        <translation>Seine Herzschläge kommen spät.</translation>
    </message>
    <message>
        <source>one path down</source>
        <translation>ein Weg unterbrochen</translation>
    </message>
    <message>
        <source>Nothing comes over one of its two paths.</source>
        <translation>Über einen seiner zwei Wege kommt nichts.</translation>
    </message>
    <message>
        <source>lockstepd not running</source>
        <translation>lockstepd läuft nicht</translation>
    </message>
    <message>
        <source>Its kernel lives, but its lockstepd does not run.</source>
        <translation>Sein Kernel lebt, aber sein lockstepd läuft nicht.</translation>
    </message>
    <message>
        <source>gone</source>
        <translation>weg</translation>
    </message>
    <message>
        <source>It gives no sign of life.</source>
        <translation>Er gibt kein Lebenszeichen.</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>gescheitert</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>information</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>in order</source>
        <translation>in Ordnung</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>shutting down</source>
        <translation>fährt herunter</translation>
    </message>
    <message>
        <source>shut off</source>
        <translation>ausgeschaltet</translation>
    </message>
    <message>
        <source>crashed</source>
        <translation>abgestürzt</translation>
    </message>
    <message>
        <source>asleep</source>
        <translation>schläft</translation>
    </message>
    <message>
        <source>not known to libvirt</source>
        <translation>libvirt nicht bekannt</translation>
    </message>
    <message>
        <source>Protect</source>
        <translation>Schützen</translation>
    </message>
    <message>
        <source>Take over</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Switch over</source>
        <translation>Umschalten</translation>
    </message>
    <message>
        <source>Go on alone</source>
        <translation>Allein weiterlaufen</translation>
    </message>
    <message>
        <source>Unprotect</source>
        <translation>Schutz beenden</translation>
    </message>
    <message>
        <source>Drain the host</source>
        <translation>Host räumen</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>Entscheidung</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>Störung</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
</context>
<context>
    <name>Trouble</name>
    <message>
        <source>You need the password of an administrator, or to be in the group &quot;lockstep&quot; of that host: usermod -aG lockstep NAME, then log in again.</source>
        <translation>Sie brauchen das Passwort eines Administrators oder die Mitgliedschaft in der Gruppe &quot;lockstep&quot; jenes Hosts: usermod -aG lockstep NAME, danach neu anmelden.</translation>
    </message>
    <message>
        <source>%1: that failed</source>
        <translation>%1: das ist gescheitert</translation>
    </message>
    <message>
        <source>Name of the error: %1</source>
        <translation>Name des Fehlers: %1</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::DomainModel</name>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no: %1</source>
        <translation>nein: %1</translation>
    </message>
    <message>
        <source>no: it is paired already</source>
        <translation>nein: sie hat schon ein Paar</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Domain</source>
        <translation>Domain</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Protection</source>
        <translation>Schutz</translation>
    </message>
    <message>
        <source>Other host</source>
        <translation>Anderer Host</translation>
    </message>
    <message>
        <source>Can be protected</source>
        <translation>Kann geschützt werden</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::DomainsPage</name>
    <message>
        <source>Domains</source>
        <translation>Domains</translation>
    </message>
    <message>
        <source>All domains</source>
        <translation>Alle Domains</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Laufend</translation>
    </message>
    <message>
        <source>Try Again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>libvirt has no domain on this host</source>
        <translation>libvirt hat keine Domain auf diesem Host</translation>
    </message>
    <message>
        <source>Make one, with virt-manager or virt-install; then protect it here.</source>
        <translation>Legen Sie eine an, mit virt-manager oder virt-install; dann schützen Sie sie hier.</translation>
    </message>
    <message>
        <source>Asking libvirt</source>
        <translation>libvirt wird gefragt</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::EventModel</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Domain</source>
        <translation>Domain</translation>
    </message>
    <message>
        <source>Severity</source>
        <translation>Schwere</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschah</translation>
    </message>
    <message>
        <source>Asked for by</source>
        <translation>Verlangt von</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::HistoryPage</name>
    <message>
        <source>All events</source>
        <translation>Alle Ereignisse</translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation>Warnungen und Fehler</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>Show &amp;Older Ones</source>
        <translation>Äl&amp;tere zeigen</translation>
    </message>
    <message>
        <source>Events of which domain</source>
        <translation>Ereignisse welcher Domain</translation>
    </message>
    <message>
        <source>Nothing has happened yet</source>
        <translation>Noch ist nichts geschehen</translation>
    </message>
    <message>
        <source>What happens to pairs is told here, with the reason.</source>
        <translation>Was mit Paaren geschieht, steht hier, mit dem Grund.</translation>
    </message>
    <message>
        <source>The chosen event</source>
        <translation>Das gewählte Ereignis</translation>
    </message>
    <message>
        <source>All domains</source>
        <translation>Alle Domains</translation>
    </message>
    <message>
        <source>History of %1</source>
        <translation>Verlauf von %1</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Choose an event to read it in full. Enter goes to its pair at that moment.</source>
        <translation>Wählen Sie ein Ereignis, um es ganz zu lesen. Die Eingabetaste führt zu seinem Paar in jenem Augenblick.</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::HostsDrawing</name>
    <message>
        <source>Hosts and pairs</source>
        <translation>Hosts und Paare</translation>
    </message>
    <message>
        <source>A drawing of this host, the other hosts, and the pairs between them. The list of pairs has the same in words.</source>
        <translation>Eine Zeichnung dieses Hosts, der anderen Hosts und der Paare zwischen ihnen. Die Liste der Paare sagt dasselbe in Worten.</translation>
    </message>
    <message>
        <source>this host</source>
        <translation>dieser Host</translation>
    </message>
    <message>
        <source>not known any more</source>
        <translation>nicht mehr bekannt</translation>
    </message>
    <message>
        <source>%1, loss %2</source>
        <translation>%1, Verlust %2</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::JobModel</name>
    <message>
        <source>%1, %2 left</source>
        <translation>%1, noch %2</translation>
    </message>
    <message>
        <source>%1: %2 of %3</source>
        <translation>%1: %2 von %3</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>Domain</source>
        <translation>Domain</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>Begonnen</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::JobsPage</name>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>All jobs</source>
        <translation>Alle Aufträge</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Laufend</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Gescheitert</translation>
    </message>
    <message>
        <source>No jobs</source>
        <translation>Keine Aufträge</translation>
    </message>
    <message>
        <source>Long work, such as protecting a domain, is followed here.</source>
        <translation>Was länger dauert, etwa eine Domain zu schützen, lässt sich hier verfolgen.</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::ListPanel</name>
    <message>
        <source>Show All</source>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search in: %1</source>
        <translation>Suchen in: %1</translation>
    </message>
    <message>
        <source>What is shown of: %1</source>
        <translation>Was gezeigt wird von: %1</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
    <message>
        <source>Nothing is like what is searched for.</source>
        <translation>Nichts gleicht dem Gesuchten.</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::MainWindow</name>
    <message>
        <source>Demonstration: hosts, domains and figures are invented. Nothing that is done here has an effect.</source>
        <translation>Vorführung: Hosts, Domains und Zahlen sind erfunden. Nichts, was hier getan wird, hat eine Wirkung.</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Connect to a Host...</source>
        <translation>Mit einem Host &amp;verbinden...</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>S&amp;chließen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Pair</source>
        <translation>&amp;Paar</translation>
    </message>
    <message>
        <source>&amp;Other Host</source>
        <translation>Anderer &amp;Host</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Search</source>
        <translation>&amp;Suchen</translation>
    </message>
    <message>
        <source>&amp;Overview</source>
        <translation>Ü&amp;berblick</translation>
    </message>
    <message>
        <source>&amp;Hosts</source>
        <translation>&amp;Hosts</translation>
    </message>
    <message>
        <source>&amp;Domains</source>
        <translation>&amp;Domains</translation>
    </message>
    <message>
        <source>&amp;Jobs</source>
        <translation>&amp;Aufträge</translation>
    </message>
    <message>
        <source>Histor&amp;y</source>
        <translation>&amp;Verlauf</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>Hil&amp;fe</translation>
    </message>
    <message>
        <source>&amp;About Lockstep Manager</source>
        <translation>Ü&amp;ber Lockstep Manager</translation>
    </message>
    <message>
        <source>About &amp;Qt</source>
        <translation>Über &amp;Qt</translation>
    </message>
    <message>
        <source>Actions</source>
        <translation>Aktionen</translation>
    </message>
    <message>
        <source>%1 on %2</source>
        <translation>%1 auf %2</translation>
    </message>
    <message>
        <source>This window comes back by itself; what it shows is what was known last.</source>
        <translation>Dieses Fenster kommt von selbst zurück; es zeigt, was zuletzt bekannt war.</translation>
    </message>
    <message>
        <source>Try &amp;Again</source>
        <translation>&amp;Noch einmal</translation>
    </message>
    <message>
        <source>About Lockstep Manager</source>
        <translation>Über Lockstep Manager</translation>
    </message>
    <message>
        <source>&lt;h3&gt;Lockstep Manager %1&lt;/h3&gt;&lt;p&gt;Shows and directs lockstepd, which keeps libvirt virtual machines alive when their host dies.&lt;/p&gt;&lt;p&gt;Licence: LGPL 2.1 or later.&lt;/p&gt;</source>
        <translation>&lt;h3&gt;Lockstep Manager %1&lt;/h3&gt;&lt;p&gt;Zeigt und steuert lockstepd, das virtuelle Maschinen von libvirt am Leben hält, wenn ihr Host ausfällt.&lt;/p&gt;&lt;p&gt;Lizenz: LGPL 2.1 oder später.&lt;/p&gt;</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::Manager</name>
    <message>
        <source>Lockstep Manager</source>
        <translation>Lockstep Manager</translation>
    </message>
    <message>
        <source>Connect to a host</source>
        <translation>Mit einem Host verbinden</translation>
    </message>
    <message>
        <source>A host with lockstepd that ssh reaches: HOST, USER@HOST or ssh://[USER@]HOST[:PORT]</source>
        <translation>Ein Host mit lockstepd, den ssh erreicht: HOST, BENUTZER@HOST oder ssh://[BENUTZER@]HOST[:PORT]</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::Navigation</name>
    <message>
        <source>Places</source>
        <translation>Orte</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>Paare</translation>
    </message>
    <message>
        <source>Hosts</source>
        <translation>Hosts</translation>
    </message>
    <message>
        <source>Domains</source>
        <translation>Domains</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::OverviewPage</name>
    <message>
        <source>All pairs</source>
        <translation>Alle Paare</translation>
    </message>
    <message>
        <source>In need of somebody</source>
        <translation>Jemand wird gebraucht</translation>
    </message>
    <message>
        <source>Protected</source>
        <translation>Geschützt</translation>
    </message>
    <message>
        <source>Under way</source>
        <translation>Unterwegs</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>Paare</translation>
    </message>
    <message>
        <source>Nothing is known yet</source>
        <translation>Noch ist nichts bekannt</translation>
    </message>
    <message>
        <source>As soon as lockstepd answers, its pairs are here.</source>
        <translation>Sobald lockstepd antwortet, stehen hier seine Paare.</translation>
    </message>
    <message>
        <source>No other host is known</source>
        <translation>Kein anderer Host ist bekannt</translation>
    </message>
    <message>
        <source>A shadow needs a second host with lockstepd. Add it here, and accept this host there.</source>
        <translation>Ein Abbild braucht einen zweiten Host mit lockstepd. Fügen Sie ihn hier hinzu, und nehmen Sie diesen Host dort an.</translation>
    </message>
    <message>
        <source>No domain is protected</source>
        <translation>Keine Domain ist geschützt</translation>
    </message>
    <message>
        <source>Protect a running domain: it gets a live shadow on another host.</source>
        <translation>Schützen Sie eine laufende Domain: sie bekommt ein lebendes Abbild auf einem anderen Host.</translation>
    </message>
    <message>
        <source>No other host is trusted yet</source>
        <translation>Noch wird keinem anderen Host vertraut</translation>
    </message>
    <message>
        <source>Both hosts have to accept each other. Compare the fingerprints, then accept.</source>
        <translation>Beide Hosts müssen einander annehmen. Vergleichen Sie die Fingerabdrücke, dann nehmen Sie an.</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Überblick</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::PairModel</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1, %2 %</source>
        <translation>%1, %2 %</translation>
    </message>
    <message>
        <source>%1, out of reach</source>
        <translation>%1, nicht erreichbar</translation>
    </message>
    <message>
        <source>Checkpoints in the last minute</source>
        <translation>Checkpoints in der letzten Minute</translation>
    </message>
    <message>
        <source>Share of the last minute that the guest stood still for checkpoints</source>
        <translation>Anteil der letzten Minute, den der Gast für Checkpoints stillstand</translation>
    </message>
    <message>
        <source>Domain</source>
        <translation>Domain</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Role here</source>
        <translation>Rolle hier</translation>
    </message>
    <message>
        <source>Other host</source>
        <translation>Anderer Host</translation>
    </message>
    <message>
        <source>Arbiter</source>
        <translation>Schiedsrichter</translation>
    </message>
    <message>
        <source>Checkpoints</source>
        <translation>Checkpoints</translation>
    </message>
    <message>
        <source>Stood still</source>
        <translation>Stillstand</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::PeerModel</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Host</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Round trip</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
</context>
<context>
    <name>lockstep::gui::StatusLine</name>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>Paare</translation>
    </message>
    <message>
        <source>Running jobs</source>
        <translation>Laufende Aufträge</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbindung wird hergestellt</translation>
    </message>
    <message>
        <source>lockstepd does not answer</source>
        <translation>lockstepd antwortet nicht</translation>
    </message>
    <message>
        <source>%1, lockstepd %2</source>
        <translation>%1, lockstepd %2</translation>
    </message>
    <message>
        <source>Protected: %1 of %2</source>
        <translation>Geschützt: %1 von %2</translation>
    </message>
    <message>
        <source>%1, in need of somebody: %2</source>
        <translation>%1, gebraucht wird jemand: %2</translation>
    </message>
    <message>
        <source>Jobs running: %1</source>
        <translation>Laufende Aufträge: %1</translation>
    </message>
</context>
</TS>
