package dev.lockstep.rehearse;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Copies the mapped tables with pg_dump and pg_restore: the schema of the whole database, for triggers, functions and types
 * belong to what is rehearsed, and the rows of these tables alone.
 */
final class TableCopy {

    /** Of an ordinary table itself; partitions are dumped by name. */
    private static final String LEAVES = """
            SELECT n.nspname, c.relname FROM (SELECT to_regclass(:table)::oid AS relid
                   UNION SELECT relid FROM pg_partition_tree(to_regclass(:table))) t
              JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2
            """;

    /** They would find no row to refer to. */
    private static final String LEADING_OUT = """
            SELECT n.nspname || ' ' || c.relname || ' ' || k.conname
              FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE k.contype = 'f' AND k.conrelid = ANY (:copied::regclass[]) AND NOT k.confrelid = ANY (:copied::regclass[])
            """;

    private final Database source;
    private final Database copy;
    private final DatabaseConfig into;
    private final MappingSpec spec;
    private final String leftOut;
    private final String name;
    private final Programs programs;

    /**
     * @param copy an empty database
     * @param leftOut the live control schema
     * @param name of the rehearsal's
     */
    TableCopy(Database source, Database copy, MappingSpec spec, String leftOut, String name, StopSignal stop) {
        this.leftOut = leftOut;
        this.source = source;
        this.copy = copy;
        this.into = copy.config();
        this.spec = spec;
        this.name = name;
        this.programs = new Programs(stop);
    }

    /** The schema that is there while a copy is not whole. */
    static String unfinished(String name) {
        return name + "_copying";
    }

    private record Plan(int major, List<TableName> tables, List<String> leadingOut) {}

    /**
     * Copies.
     *
     * @return what the operator should know of it
     * @throws LockstepException of kind WRONG_INPUT before anything is touched, of kind NOT_DONE when it could not be done; the copy
     *     is then to be made anew
     */
    List<String> run() throws SQLException, InterruptedException {
        Plan plan = plan();
        PgTools tools;
        try (Connection connection = copy.open("rehearse")) {
            tools = PgTools.find(plan.major(), connection.getMetaData().getDatabaseMajorVersion());
            mark(connection, "CREATE SCHEMA IF NOT EXISTS ");
        }
        List<String> notes = new ArrayList<>();
        try {
            Path folder = Files.createTempDirectory("lockstep-rehearse");
            try {
                copy(plan, tools, folder, notes);
            } finally {
                Files.deleteIfExists(folder.resolve("schema"));
                Files.deleteIfExists(folder.resolve("list"));
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw LockstepException.notDone("the copy could not be made: " + e.getMessage(), e);
        }
        try (Connection connection = copy.open("rehearse")) {
            mark(connection, "DROP SCHEMA ");
        }
        return notes;
    }

    private void mark(Connection connection, String order) throws SQLException {
        Handles.tell(connection, handle -> handle.execute(order + Sql.quote(unfinished(name))));
    }

    private Plan plan() throws SQLException {
        try (Connection connection = source.open("rehearse")) {
            return Handles.ask(connection, handle -> {
                List<TableName> wanted = new ArrayList<>(spec.derived());
                if (spec.personas() != null) {
                    wanted.add(spec.personas().table());
                }
                wanted.add(spec.agents().table());
                if (spec.memoryRoots() != null) {
                    wanted.add(spec.memoryRoots().table());
                }
                List<TableName> tables = new ArrayList<>();
                wanted.forEach(table -> tables.addAll(leaves(handle, table)));
                return new Plan(
                        connection.getMetaData().getDatabaseMajorVersion(),
                        tables,
                        handle.createQuery(LEADING_OUT)
                                .bindArray(
                                        "copied",
                                        String.class,
                                        tables.stream().map(Sql::quote).toList())
                                .mapTo(String.class)
                                .list());
            });
        }
    }

    private static List<TableName> leaves(Handle handle, TableName table) {
        return handle.createQuery(LEAVES)
                .bind("table", Sql.quote(table))
                .map((row, ctx) -> new TableName(row.getString(1), row.getString(2)))
                .list();
    }

    private void copy(Plan plan, PgTools tools, Path folder, List<String> notes)
            throws IOException, InterruptedException {
        String schema = folder.resolve("schema").toString();
        String database = databaseName();
        List<String> dump = List.of("--lock-wait-timeout=5000", "--format=custom", "--no-owner", "--no-privileges");
        require(
                tools.call(
                        "pg_dump",
                        source.config(),
                        with(
                                dump,
                                List.of(
                                        "--schema-only",
                                        "--no-publications",
                                        "--no-subscriptions",
                                        "--exclude-schema=" + Sql.quote(leftOut),
                                        "--file=" + schema))),
                "the schema could not be read");
        List<String> restore = List.of("--no-owner", "--no-privileges", "--dbname=" + database);
        boolean whole =
                programs.run(tools.call("pg_restore", into, with(restore, List.of("--section=pre-data", schema))));
        List<String> rows = new ArrayList<>(dump);
        rows.addAll(List.of("--data-only", "--compress=0"));
        plan.tables().forEach(table -> rows.add("--table=" + Sql.quote(table)));
        boolean copied = programs.pipe(
                tools.call("pg_dump", source.config(), rows),
                tools.call("pg_restore", into, with(restore, List.of("--data-only", "--exit-on-error"))));
        if (!copied) {
            throw failed("the rows could not be copied");
        }
        Path list = folder.resolve("list");
        Files.writeString(list, kept(tools, schema, plan.leadingOut()));
        whole &= programs.run(tools.call(
                "pg_restore", into, with(restore, List.of("--section=post-data", "--use-list=" + list, schema))));
        if (!whole) {
            notes.add(
                    "not every object of the schema could be copied (an extension that the copy's server lacks, for example);"
                            + " what concerns the mapped tables is what counts");
        }
        plan.leadingOut()
                .forEach(key -> notes.add("not copied, for it leads to a table that is not: foreign key " + key));
    }

    private String kept(PgTools tools, String schema, List<String> leadingOut)
            throws IOException, InterruptedException {
        Path listed = Path.of(schema).resolveSibling("list");
        require(
                tools.call("pg_restore", into, List.of("--list", "--file=" + listed, schema)),
                "the schema could not be listed");
        String all = Files.readString(listed);
        StringBuilder kept = new StringBuilder();
        all.lines()
                .filter(line -> !line.contains(" EVENT TRIGGER ")
                        && leadingOut.stream().noneMatch(key -> line.contains(" FK CONSTRAINT " + key + " ")))
                .forEach(line -> kept.append(line).append('\n'));
        return kept.toString();
    }

    private String databaseName() throws IOException {
        java.util.Properties parsed = org.postgresql.Driver.parseURL(into.url(), new java.util.Properties());
        String database = parsed == null ? null : parsed.getProperty("PGDBNAME");
        return database == null ? into.user() : database;
    }

    private static List<String> with(List<String> some, List<String> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private void require(ProcessBuilder call, String trouble) throws IOException, InterruptedException {
        if (!programs.run(call)) {
            throw failed(trouble);
        }
    }

    private static LockstepException failed(String trouble) {
        return LockstepException.notDone(
                trouble
                        + "; the logs of both servers say why; the live database is as it was, make an empty one anew and run"
                        + " `lockstep rehearse` again",
                null);
    }
}
