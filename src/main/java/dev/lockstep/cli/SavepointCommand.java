package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.savepoint.Savepoint;
import dev.lockstep.savepoint.Savepoints;
import dev.lockstep.state.ControlSchema;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code savepoint create|list|drop}. */
@Command(name = "savepoint", description = "Keeps points of the stream that `replay` can go back to.")
final class SavepointCommand implements Callable<Integer> {

    private final CliContext context;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    SavepointCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "create, list or drop?");
    }

    @Command(name = "create", description = "Keeps the stream from where it is now on.")
    Integer create(@Parameters(paramLabel = "NAME", description = "1 to 18 of a-z, 0-9 and _.") String name)
            throws SQLException {
        return with((savepoints, connection) -> {
            Savepoint made = savepoints.create(connection, name, false);
            context.output()
                    .show(
                            json(made),
                            out -> out.println("savepoint " + made.name() + " at " + made.lsn()
                                    + "; it holds the WAL from there on"));
            return 0;
        });
    }

    @Command(name = "list", description = "Shows what can be gone back to, oldest first.")
    Integer list() throws SQLException {
        return with((savepoints, connection) -> {
            List<Savepoint> all = savepoints.list(connection);
            context.output()
                    .show(
                            Map.of(
                                    "savepoints",
                                    all.stream().map(SavepointCommand::json).toList()),
                            out -> print(all, out));
            return 0;
        });
    }

    @Command(name = "drop", description = "Lets a savepoint and its WAL go.")
    Integer drop(@Parameters(paramLabel = "NAME", description = "As `savepoint list` shows it.") String name)
            throws SQLException {
        return with((savepoints, connection) -> {
            if (!savepoints.drop(connection, name)) {
                throw LockstepException.wrongInput("there is no savepoint " + name + "; see `lockstep savepoint list`");
            }
            context.output().show(Map.of("dropped", name), out -> out.println("savepoint " + name + " dropped"));
            return 0;
        });
    }

    private interface Work {
        Integer run(Savepoints savepoints, Connection connection) throws SQLException;
    }

    private Integer with(Work work) throws SQLException {
        LockstepConfig config = context.config();
        try (Connection connection = context.database(config).open("savepoint")) {
            ControlSchema.require(connection, config.name());
            return work.run(new Savepoints(config.name()), connection);
        }
    }

    private static Map<String, Object> json(Savepoint savepoint) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", savepoint.name());
        json.put("at", savepoint.at().toString());
        json.put("lsn", Objects.toString(savepoint.lsn(), ""));
        json.put("automatic", savepoint.automatic());
        json.put("usable", savepoint.usable());
        json.put("retainedBytes", savepoint.retainedBytes());
        return json;
    }

    private static void print(List<Savepoint> all, PrintStream out) {
        if (all.isEmpty()) {
            out.println("no savepoints");
        }
        for (Savepoint s : all) {
            out.printf(
                    Locale.ROOT,
                    "%-20s %s  %-14s holds %,d MB of WAL%s%n",
                    s.name(),
                    s.at(),
                    s.usable() ? s.lsn() : "LOST",
                    s.retainedBytes() / (1 << 20),
                    s.automatic() ? ", automatic" : "");
        }
    }
}
