package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Contract;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.database.Database;
import dev.lockstep.expand.EfCoreMigration;
import dev.lockstep.expand.ExpandScript;
import dev.lockstep.expand.Patience;
import dev.lockstep.model.StopSignal;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.state.ControlSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code contract}: 0 when the migration has ended, 1 when something speaks against it. */
@Command(
        name = "contract",
        description =
                "Ends the migration, for good: the personas' foreign keys go, and lockstep's slot and publication.")
final class ContractCommand extends TurnCommand {

    @Option(names = "--confirm", paramLabel = "DATABASE", description = "Name of the database: it cannot be undone.")
    private @Nullable String confirm;

    @Option(names = "--drop-columns", description = "Drop the persona columns too, if nothing names them.")
    private boolean dropColumns;

    @Option(names = "--print", description = "Write what would be done to stdout; touch nothing.")
    private boolean print;

    @Option(
            names = "--format",
            paramLabel = "sql|efcore",
            description = "With --print: for psql, or an EF Core migration.")
    private ScriptFormat format = ScriptFormat.sql;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final CliContext context;

    ContractCommand(CliContext context) {
        super(context);
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        if (!print && format != ScriptFormat.sql) {
            throw new ParameterException(spec.commandLine(), "--format goes with --print");
        }
        if (!print && confirm == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "say --confirm and the name of the database: it cannot be undone; --print shows what would be done");
        }
        LockstepConfig config = context.config();
        Database database = context.database(config);
        Optional<TurnReport> before = doneBefore(database, config, !print);
        if (before.isPresent()) {
            context.output()
                    .show(before.get(), out -> out.println("nothing to do: the migration is over (phase CONTRACTED)"));
            return 0;
        }
        return print ? print(config, database) : super.call();
    }

    @Override
    TurnReport run(LockstepConfig config, Turn turn) throws Exception {
        return turn.contract(dropColumns).run(confirm == null ? "" : confirm);
    }

    @Override
    boolean evenOver() {
        return true;
    }

    private static Optional<TurnReport> doneBefore(Database database, LockstepConfig config, boolean note)
            throws SQLException {
        try (Connection connection = database.open("contract")) {
            ControlSchema.require(connection, config.name());
        }
        return Contract.doneBefore(database, config.name(), config.mapping(), note);
    }

    private int print(LockstepConfig config, Database database) throws SQLException {
        try (Turn turn = new Turn(config, database, new StopSignal(), true)) {
            List<ExpandStep> steps = turn.contract(dropColumns).plan();
            String script = switch (format) {
                case sql -> ExpandScript.contract(config.name(), steps, Patience.DEFAULT);
                case efcore -> EfCoreMigration.contract(config.name(), steps, Patience.DEFAULT);
            };
            context.output().show(Map.of("script", script), out -> out.print(script));
            return 0;
        }
    }
}
