package dev.lockstep.check;

import static dev.lockstep.check.HealthyServer.AGENTS;
import static dev.lockstep.check.HealthyServer.CONVERSATIONS;
import static dev.lockstep.check.HealthyServer.MESSAGES;
import static dev.lockstep.check.HealthyServer.PERSONAS;
import static dev.lockstep.check.HealthyServer.ROOTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lockstep.check.HealthyServer.Deferrable;
import dev.lockstep.check.ServerFacts.Kind;
import dev.lockstep.check.ServerFacts.OldTransaction;
import dev.lockstep.check.ServerFacts.Slot;
import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Finding;
import dev.lockstep.model.Finding.Severity;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableShape.ReplicaIdentity;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ChecksTest {

    /** Each finding, and on its other side what must not be one. */
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void bothSidesOfEachFinding(String what, String expected, Consumer<HealthyServer> change) {
        HealthyServer server = new HealthyServer();
        change.accept(server);

        String found = server.findings().stream()
                .filter(f -> !f.id().equals("xmin-token"))
                .map(f -> f.severity().name().toLowerCase(Locale.ROOT) + " " + f.id())
                .distinct()
                .reduce((a, b) -> a + ", " + b)
                .orElse("nothing");

        assertThat(found).isEqualTo(expected);
    }

    static Stream<Arguments> bothSidesOfEachFinding() {
        return Stream.of(server(), role(), names(), identities(), tables(), mapping())
                .flatMap(cases -> cases);
    }

    private static Stream<Arguments> server() {
        return Stream.of(
                side("healthy", "nothing", s -> {}),
                side("version 13", "error server-version", s -> s.version = 130022),
                side("version 14", "nothing", s -> s.version = 140000),
                side("version 18", "nothing", s -> s.version = 189999),
                side("version 19", "warning server-version", s -> s.version = 190000),
                side("standby", "error read-only-server", s -> s.standby = true),
                side("wal_level replica", "error wal-level", s -> s.walLevel = "replica"),
                side("one slot left", "nothing", s -> s.usedSlots = 9),
                side("no slot left", "error slots-left", s -> s.usedSlots = 10),
                side("no slot left but ours is there", "nothing", s -> {
                    s.usedSlots = 10;
                    expanded(s);
                }),
                side("one sender left", "nothing", s -> s.usedSenders = 9),
                side("no sender left", "error senders-left", s -> s.usedSenders = 10),
                side("no sender left but we run", "nothing", s -> {
                    s.usedSenders = 10;
                    expanded(s);
                }),
                side("slots keep all WAL", "warning slot-wal-unlimited", s -> s.slotWalKeepMegabytes = -1),
                side("slots keep no WAL beyond the usual", "nothing", s -> s.slotWalKeepMegabytes = 0),
                side("idle slots are ended", "warning slot-idle-timeout", s -> s.slotIdleTimeout = 60),
                side("deadlocks found at once", "warning deadlock-timeout", s -> s.deadlockTimeoutMillis = 199),
                side("deadlocks found in time", "nothing", s -> s.deadlockTimeoutMillis = 200),
                side(
                        "old transaction",
                        "warning old-transaction",
                        s -> s.oldTransactions = List.of(new OldTransaction(false, "7", "db", 61))),
                side(
                        "old prepared transaction",
                        "warning old-transaction",
                        s -> s.oldTransactions = List.of(new OldTransaction(true, "gid", "db", 61))),
                side("other origins", "info other-origins", s -> s.origins = List.of("pg_16401")),
                side("other origins on 15", "nothing", s -> {
                    s.origins = List.of("pg_16401");
                    s.version = 150019;
                }),
                side("standbys on 16", "info failover-slot", s -> {
                    s.standbys = 1;
                    s.version = 160004;
                }),
                side("no standby copies slots", "info failover-sync", s -> s.standbys = 2),
                side("a standby copies slots", "nothing", s -> {
                    s.standbys = 2;
                    s.syncing = 1;
                }),
                side("a slot of an older lockstep", "info failover-slot", s -> {
                    s.standbys = 1;
                    s.syncing = 1;
                    s.slotStays = false;
                }),
                side("decoding waits for our slot", "warning standby-slots-stall", s -> s.awaited = "one, lockstep"),
                side("subscription", "info subscriptions", s -> s.subscriptions = List.of("sub")),
                side("subscription on 15", "nothing", s -> {
                    s.subscriptions = List.of("sub");
                    s.version = 150019;
                }));
    }

    private static Stream<Arguments> role() {
        return Stream.of(
                side("no replication", "error replication-privilege", s -> s.mayReplicate = false),
                side("no create", "error create-in-database", s -> s.mayCreate = false),
                side("no create after expand", "nothing", s -> {
                    s.mayCreate = false;
                    expanded(s);
                }),
                side("no usage", "error schema-usage", s -> s.withoutUsage = List.of("public")),
                side("no create in schema", "error schema-create", s -> s.withoutCreate = List.of("public")),
                side("no create in schema after expand", "nothing", s -> {
                    s.withoutCreate = List.of("public");
                    expanded(s);
                }),
                side(
                        "no origin functions",
                        "info origin-functions",
                        s -> s.missingFunctions = List.of("pg_replication_origin_create")),
                side("sessions hidden", "info sessions-hidden", s -> s.seesSessions = false));
    }

    private static Stream<Arguments> names() {
        return Stream.of(
                side("ours", "nothing", ChecksTest::expanded),
                side("somebody's schema", "error schema-name-taken", s -> s.schemaExists = true),
                side("somebody's publication", "error publication-name-taken", s -> s.publicationExists = true),
                side("somebody's slot", "error slot-name-taken", s -> s.slot = new Slot("pgoutput", "db")),
                side("our schema, another plugin", "error slot-name-taken", s -> {
                    expanded(s);
                    s.slot = new Slot("test_decoding", "db");
                }),
                side("our schema, another database", "error slot-name-taken", s -> {
                    expanded(s);
                    s.slot = new Slot("pgoutput", "other");
                }),
                side("our schema, a physical slot", "error slot-name-taken", s -> {
                    expanded(s);
                    s.slot = new Slot("", "");
                }),
                side("our schema, slot gone", "nothing", s -> {
                    expanded(s);
                    s.slot = null;
                }));
    }

    private static Stream<Arguments> identities() {
        List<String> id = List.of("Id");
        return Stream.of(
                side(
                        "full",
                        "info replica-identity-full",
                        s -> s.identity(MESSAGES, ReplicaIdentity.FULL, List.of(), Deferrable.NO)),
                side(
                        "nothing",
                        "error replica-identity-nothing",
                        s -> s.identity(MESSAGES, ReplicaIdentity.NOTHING, List.of(), Deferrable.NO)),
                side(
                        "nothing on personas",
                        "error replica-identity-nothing",
                        s -> s.identity(PERSONAS, ReplicaIdentity.NOTHING, List.of(), Deferrable.NO)),
                side("index", "nothing", s -> s.identity(MESSAGES, ReplicaIdentity.INDEX, id, Deferrable.NO)),
                side(
                        "index lost",
                        "error replica-identity-nothing",
                        s -> s.identity(MESSAGES, ReplicaIdentity.INDEX, List.of(), Deferrable.NO)),
                side(
                        "deferrable key",
                        "error deferrable-key",
                        s -> s.identity(MESSAGES, ReplicaIdentity.DEFAULT, id, Deferrable.YES)),
                side(
                        "deferrable key, full",
                        "info replica-identity-full",
                        s -> s.identity(MESSAGES, ReplicaIdentity.FULL, List.of(), Deferrable.YES)),
                side(
                        "deferrable key, index",
                        "nothing",
                        s -> s.identity(MESSAGES, ReplicaIdentity.INDEX, id, Deferrable.YES)));
    }

    private static Stream<Arguments> tables() {
        return Stream.of(
                side("foreign", "error not-a-table", s -> s.kind(MESSAGES, Kind.FOREIGN)),
                side("view", "error not-a-table", s -> s.kind(MESSAGES, Kind.VIEW)),
                side("partitioned", "nothing", s -> s.kind(MESSAGES, Kind.PARTITIONED)),
                side("unlogged", "error unlogged-table", s -> s.unlogged(CONVERSATIONS)),
                side("row security", "error row-security", s -> s.rowSecurity(CONVERSATIONS)),
                side("not owner", "error table-owner", s -> s.notOwned(PERSONAS)),
                side("not owner after expand", "warning table-owner", s -> {
                    s.notOwned(PERSONAS);
                    expanded(s);
                }),
                side("persona: select", "nothing", s -> s.privileges(PERSONAS, "SELECT")),
                side("persona: none", "error table-privilege", s -> s.privileges(PERSONAS)),
                side("scoped: update", "nothing", s -> s.privileges(MESSAGES, "SELECT", "UPDATE")),
                side("scoped: no update", "error table-privilege", s -> s.privileges(MESSAGES, "SELECT")),
                side("agents: insert", "nothing", s -> agents(s, "SELECT", "INSERT")),
                side("agents: no insert", "error table-privilege", s -> agents(s, "SELECT")),
                side("memory roots: insert", "nothing", s -> memoryRoots(s, "SELECT", "INSERT")),
                side("memory roots: no insert", "error table-privilege", s -> memoryRoots(s, "SELECT")),
                side("memory roots: not owned, unlogged", "nothing", s -> {
                    memoryRoots(s, "SELECT", "INSERT");
                    s.notOwned(ROOTS);
                }),
                side("trigger on any update", "warning row-trigger", s -> s.trigger(MESSAGES)),
                side("trigger on the agent", "warning row-trigger", s -> s.trigger(MESSAGES, "x", "FromAgentId")),
                side("trigger on the hash", "warning row-trigger", s -> s.trigger(MESSAGES, "ContentHash")),
                side("trigger on another column", "nothing", s -> s.trigger(MESSAGES, "Content")),
                side("trigger on personas", "nothing", s -> s.trigger(PERSONAS)));
    }

    private static Stream<Arguments> mapping() {
        return Stream.of(
                side("table missing", "error table-missing", s -> s.shapes.remove(MESSAGES)),
                side(
                        "column missing",
                        "error column-missing",
                        s -> s.shape(CONVERSATIONS, List.of(HealthyServer.column("Id", ColumnType.UUID)))),
                side(
                        "column type",
                        "error column-type",
                        s -> s.shape(
                                CONVERSATIONS,
                                List.of(
                                        HealthyServer.column("Id", ColumnType.UUID),
                                        HealthyServer.column("PersonaId", ColumnType.OTHER)))));
    }

    @Test
    void theGravestComesFirstAndXminIsAlwaysSaid() {
        HealthyServer server = new HealthyServer();
        server.slotWalKeepMegabytes = -1;
        server.unlogged(MESSAGES);

        assertThat(server.findings())
                .extracting(Finding::severity)
                .containsExactly(Severity.ERROR, Severity.WARNING, Severity.INFO);
        assertThat(server.findings()).extracting(Finding::id).contains("xmin-token");
    }

    @Test
    void everyErrorAndWarningHasARemedy() {
        bothSidesOfEachFinding().forEach(side -> {
            HealthyServer server = new HealthyServer();
            change(side).accept(server);
            assertThat(server.findings())
                    .filteredOn(f -> f.severity() != Severity.INFO)
                    .allSatisfy(f -> assertThat(f.remedy()).isNotBlank());
        });
    }

    @SuppressWarnings("unchecked")
    private static Consumer<HealthyServer> change(Arguments side) {
        return (Consumer<HealthyServer>) side.get()[2];
    }

    private static Arguments side(String what, String expected, Consumer<HealthyServer> change) {
        return arguments(what, expected, change);
    }

    private static void expanded(HealthyServer server) {
        server.schemaExists = true;
        server.schemaOurs = true;
        server.publicationExists = true;
        server.slot = new Slot("pgoutput", "db");
    }

    private static void agents(HealthyServer server, String... privileges) {
        server.tables.add(HealthyServer.table(AGENTS));
        server.privileges(AGENTS, privileges);
    }

    private static void memoryRoots(HealthyServer server, String... privileges) {
        MappingSpec spec = server.spec;
        server.spec = new MappingSpec(
                spec.personas(), spec.agents(), new MappingSpec.MemoryRoots(ROOTS, "Id"), spec.tables());
        server.shape(ROOTS, List.of(HealthyServer.column("Id", ColumnType.UUID)));
        server.tables.add(HealthyServer.table(ROOTS));
        server.privileges(ROOTS, privileges);
    }
}
