package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.DeadLetters;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dead-letters list|show|retry|discard}. */
@Command(name = "dead-letters", description = "Rows that could not be derived and were set aside.")
final class DeadLettersCommand implements Callable<Integer> {

    private static final int LISTED = 1000;

    private final CliContext context;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    DeadLettersCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "list, show, retry or discard?");
    }

    @Command(name = "list", description = "The oldest 1,000, by table and key.")
    Integer list() throws SQLException {
        return with((letters, connection, config) -> {
            List<DeadLetters.Letter> oldest = letters.oldest(connection, LISTED);
            long count = letters.count(connection);
            context.output()
                    .show(
                            Map.of(
                                    "count",
                                    count,
                                    "deadLetters",
                                    oldest.stream()
                                            .map(DeadLettersCommand::json)
                                            .toList()),
                            out -> {
                                oldest.forEach(letter -> print(letter, out));
                                out.println(count + (count == 1 ? " dead letter" : " dead letters"));
                            });
            return 0;
        });
    }

    @Command(name = "show", description = "One row: why it was set aside and when it is tried again.")
    Integer show(
            @Parameters(paramLabel = "TABLE", description = "As `list` shows it.") String table,
            @Parameters(arity = "1..*", paramLabel = "KEY", description = "Its key, each column a word.")
                    List<String> key)
            throws SQLException {
        return with((letters, connection, config) -> {
            DeadLetters.Letter letter = letters.find(
                            connection, TableName.parse(table, config.database().schema()), new RowKey(key))
                    .orElseThrow(() -> none(table, key));
            context.output().show(json(letter), out -> print(letter, out));
            return 0;
        });
    }

    @Command(
            name = "retry",
            description = "Has rows tried again at once by the running sidecar; all of them, or those named.")
    Integer retry(@Mixin Chosen chosen) throws SQLException {
        return with((letters, connection, config) -> {
            long due = chosen.some(letters.makeDue(connection, chosen.table(config), chosen.row()));
            context.output()
                    .show(
                            Map.of("retried", due),
                            out -> out.println(due + " dead letters are tried again by `lockstep run` within seconds"));
            return 0;
        });
    }

    @Command(
            name = "discard",
            description = "Forgets rows without deriving them: they stay out of step, and verify finds them.")
    Integer discard(@Mixin Chosen chosen) throws SQLException {
        if (chosen.table == null) {
            throw LockstepException.wrongInput("discard forgets rows: name their table with --table");
        }
        return with((letters, connection, config) -> {
            long gone = chosen.some(letters.discard(connection, chosen.table(config), chosen.row()));
            context.output()
                    .show(
                            Map.of("discarded", gone),
                            out -> out.println(gone + " dead letters forgotten; their rows are still out of step"));
            return 0;
        });
    }

    /** Which of them. */
    static final class Chosen {

        @Option(names = "--table", paramLabel = "TABLE", description = "Only those of this table.")
        @Nullable
        String table;

        @Option(
                names = "--key",
                arity = "1..*",
                paramLabel = "KEY",
                description = "Only this row of it, each column of its key a word.")
        @Nullable
        List<String> key;

        @Nullable
        TableName table(LockstepConfig config) {
            return table == null
                    ? null
                    : TableName.parse(table, config.database().schema());
        }

        @Nullable
        RowKey row() {
            if (key != null && table == null) {
                throw LockstepException.wrongInput("--key names a row of a table; name the table with --table, too");
            }
            return key == null ? null : new RowKey(key);
        }

        /** So many rows; of one that was named there has to be one. */
        long some(long rows) {
            if (rows == 0 && key != null && table != null) {
                throw none(table, key);
            }
            return rows;
        }
    }

    private static LockstepException none(String table, List<String> key) {
        return LockstepException.wrongInput("there is no dead letter " + table + " " + String.join(" ", key)
                + "; see `lockstep dead-letters list`");
    }

    private interface Work {
        Integer run(DeadLetters letters, Connection connection, LockstepConfig config) throws SQLException;
    }

    private Integer with(Work work) throws SQLException {
        LockstepConfig config = context.config();
        try (Connection connection = context.database(config).open("dead-letters")) {
            ControlSchema.require(connection, config.name());
            return work.run(new DeadLetters(config.name()), connection, config);
        }
    }

    private static Map<String, Object> json(DeadLetters.Letter letter) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("table", letter.table().toString());
        json.put("key", letter.key().values());
        json.put("sqlState", letter.sqlState());
        json.put("reason", letter.reason());
        json.put("tries", letter.tries());
        json.put("firstSeen", letter.firstSeen().toString());
        json.put("nextTry", letter.nextTry().toString());
        return json;
    }

    private static void print(DeadLetters.Letter letter, PrintStream out) {
        out.println(letter.table() + " " + String.join(" ", letter.key().values()) + "  " + letter.reason() + " ("
                + letter.tries() + " tries since " + letter.firstSeen() + ", next " + letter.nextTry() + ")");
    }
}
