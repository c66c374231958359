package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Failover;
import dev.lockstep.check.ServerFacts.Kind;
import dev.lockstep.check.ServerFacts.NameUse;
import dev.lockstep.check.ServerFacts.OldTransaction;
import dev.lockstep.check.ServerFacts.Others;
import dev.lockstep.check.ServerFacts.Role;
import dev.lockstep.check.ServerFacts.Settings;
import dev.lockstep.check.ServerFacts.Slot;
import dev.lockstep.check.ServerFacts.Table;
import dev.lockstep.check.ServerFacts.Trigger;
import dev.lockstep.model.ColumnType;
import dev.lockstep.model.Finding;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TableShape.ColumnShape;
import dev.lockstep.model.TableShape.ReplicaIdentity;
import dev.lockstep.model.TypeName;
import dev.lockstep.testing.LegacySchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Facts of a server with nothing to complain of; a test spoils one of them. */
final class HealthyServer {

    static final TableName CONVERSATIONS = new TableName("public", "Conversations");
    static final TableName MESSAGES = new TableName("public", "Messages");
    static final TableName PERSONAS = new TableName("public", "Personas");
    static final TableName AGENTS = new TableName("public", "Agents");
    static final TableName ROOTS = new TableName("public", "MemoryRoots");

    int version = 180006;
    boolean standby;
    String walLevel = "logical";
    int usedSlots = 1;
    int usedSenders = 1;
    long slotWalKeepMegabytes = 50_000;
    long slotIdleTimeout;
    long deadlockTimeoutMillis = 1000;

    boolean mayReplicate = true;
    boolean mayCreate = true;
    boolean seesSessions = true;
    List<String> missingFunctions = List.of();
    List<String> withoutUsage = List.of();
    List<String> withoutCreate = List.of();

    boolean schemaExists;
    boolean schemaOurs;
    boolean publicationExists;
    Slot slot;

    List<String> origins = List.of();
    List<String> subscriptions = List.of();
    List<OldTransaction> oldTransactions = List.of();

    long standbys;
    long syncing;
    String awaited = "";
    boolean slotStays = true;

    MappingSpec spec = LegacySchema.PASCAL.spec();
    final List<Table> tables = new ArrayList<>();
    final Map<TableName, TableShape> shapes = new HashMap<>();

    HealthyServer() {
        ColumnShape id = new ColumnShape("Id", ColumnType.UUID, TypeName.catalog("uuid"), "uuid", true, true);
        shape(PERSONAS, List.of(id, column("Name", ColumnType.TEXT)));
        shape(CONVERSATIONS, List.of(id, column("PersonaId", ColumnType.UUID)));
        shape(
                MESSAGES,
                List.of(
                        id,
                        column("ConversationId", ColumnType.UUID),
                        column("FromPersonaId", ColumnType.UUID),
                        column("Content", ColumnType.TEXT)));
        List.of(PERSONAS, CONVERSATIONS, MESSAGES).forEach(table -> tables.add(table(table)));
    }

    List<Finding> findings() {
        return Checks.all("lockstep", spec, shapes, facts());
    }

    private ServerFacts facts() {
        return new ServerFacts(
                new Settings(
                        version,
                        version / 10_000 + "." + version % 10_000,
                        standby,
                        walLevel,
                        10,
                        usedSlots,
                        10,
                        usedSenders,
                        slotWalKeepMegabytes,
                        slotIdleTimeout,
                        deadlockTimeoutMillis),
                new Role(
                        "app",
                        "db",
                        mayReplicate,
                        mayCreate,
                        missingFunctions,
                        seesSessions,
                        withoutUsage,
                        withoutCreate),
                new NameUse(schemaExists, schemaOurs, publicationExists, slot),
                new Others(origins, subscriptions, oldTransactions),
                new Failover(standbys, syncing, awaited, slotStays),
                tables);
    }

    void shape(TableName name, List<ColumnShape> columns) {
        shapes.put(
                name,
                new TableShape(
                        name,
                        1,
                        false,
                        columns,
                        List.of("Id"),
                        false,
                        ReplicaIdentity.DEFAULT,
                        List.of("Id"),
                        List.of(name)));
    }

    void identity(TableName name, ReplicaIdentity identity, List<String> columns, Deferrable deferrable) {
        TableShape old = shapes.get(name);
        shapes.put(
                name,
                new TableShape(
                        name,
                        old.oid(),
                        false,
                        old.columns(),
                        old.primaryKey(),
                        deferrable == Deferrable.YES,
                        identity,
                        columns,
                        List.of(name)));
    }

    enum Deferrable {
        YES,
        NO
    }

    static ColumnShape column(String name, ColumnType type) {
        return new ColumnShape(name, type, TypeName.catalog(type.sqlName()), type.sqlName(), false, false);
    }

    static Table table(TableName name) {
        return new Table(
                name, name, Kind.TABLE, false, "owner", true, false, Set.of("SELECT", "INSERT", "UPDATE"), List.of());
    }

    void kind(TableName name, Kind kind) {
        replace(name, t -> new Table(name, name, kind, false, t.owner(), true, false, t.privileges(), List.of()));
    }

    void unlogged(TableName name) {
        replace(name, t -> new Table(name, name, t.kind(), true, t.owner(), true, false, t.privileges(), List.of()));
    }

    void notOwned(TableName name) {
        replace(name, t -> new Table(name, name, t.kind(), false, t.owner(), false, false, t.privileges(), List.of()));
    }

    void rowSecurity(TableName name) {
        replace(name, t -> new Table(name, name, t.kind(), false, t.owner(), true, true, t.privileges(), List.of()));
    }

    void privileges(TableName name, String... privileges) {
        replace(
                name,
                t -> new Table(name, name, t.kind(), false, t.owner(), true, false, Set.of(privileges), List.of()));
    }

    void trigger(TableName name, String... columns) {
        replace(
                name,
                t -> new Table(
                        name,
                        name,
                        t.kind(),
                        false,
                        t.owner(),
                        true,
                        false,
                        t.privileges(),
                        List.of(new Trigger("touch", List.of(columns)))));
    }

    private void replace(TableName name, UnaryOperator<Table> change) {
        tables.replaceAll(t -> t.name().equals(name) ? change.apply(t) : t);
    }
}
