package dev.lockstep.expand;

import dev.lockstep.sql.ExpandStep;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A plan as an EF Core migration, for teams whose schema changes only by migrations. */
public final class EfCoreMigration {

    private static final String HEAD = """
            using Microsoft.EntityFrameworkCore.Migrations;

            #nullable disable

            // Made by `lockstep expand --print --format efcore` for %s. It holds what was missing then.
            //
            // How to use it:
            // 1. Add what it creates to your model: the Agent entity and the new nullable properties. Names of keys,
            //    foreign keys and indexes are the ones EF Core gives beside PascalCase tables; a unique PersonaId that
            //    this migration creates is an alternate key (HasAlternateKey), the foreign keys are
            //    OnDelete(DeleteBehavior.SetNull). Leave the schema and the publication of lockstep out of the model.
            // 2. Run `dotnet ef migrations add LockstepExpand`. That writes the model snapshot and the designer file.
            // 3. Replace the generated Up and Down by these two; keep the namespace of the generated file.
            // 4. Do not add the indexes by a migration: `lockstep run` builds them after the backfill, without blocking
            //    writers. They are then in the database under the names that the snapshot expects.
            // EF Core runs all steps up to the slot in one transaction and so holds their locks together, for a moment;
            // `lockstep expand` takes one at a time.
            // EF Core commits what it has before a step with suppressTransaction. When the migration stops at such a
            // step, run `lockstep expand`, which does only what is left, and record the migration as applied.
            """;

    private static final String CONTRACT_HEAD = """
            using Microsoft.EntityFrameworkCore.Migrations;

            #nullable disable

            // Made by `lockstep contract --print --format efcore` for %s. It holds what was left to do then.
            //
            // How to use it:
            // 1. Take the persona's foreign keys (and, with --drop-columns, the persona properties) out of your model.
            // 2. Run `dotnet ef migrations add LockstepContract`. That writes the model snapshot and the designer file.
            // 3. Replace the generated Up and Down by these two; keep the namespace of the generated file.
            // It asks nothing of the gate: run `lockstep contract --confirm` without --print where it is open, or see to it
            // yourself that `lockstep status` names nothing. `lockstep run` ends once the phase is CONTRACTED, and has to
            // have ended before the slot can be dropped.
            // There is no way back: Down does nothing, and what is dropped is gone.
            // EF Core commits what it has before a step with suppressTransaction. When the migration stops at such a
            // step, run `lockstep contract`, which does only what is left, and record the migration as applied.
            """;

    private static final String INDENT = "        ";

    private EfCoreMigration() {}

    /**
     * A compilable C# class. {@code Down} removes only what {@code Up} makes.
     *
     * @param name the configured name
     */
    public static String render(String name, List<ExpandStep> steps, Patience patience) {
        return render("LockstepExpand", HEAD, name, steps, patience);
    }

    /** The same for the steps that end the migration; they cannot be taken back. */
    public static String contract(String name, List<ExpandStep> steps, Patience patience) {
        return render("LockstepContract", CONTRACT_HEAD, name, steps, patience);
    }

    private static String render(String type, String head, String name, List<ExpandStep> steps, Patience patience) {
        return head.formatted(ExpandScript.oneLine(name))
                + "public partial class " + type + " : Migration\n{\n"
                + method("Up", up(steps, patience))
                + "\n"
                + method("Down", down(steps, patience))
                + "}\n";
    }

    private static String method(String verb, String body) {
        return "    protected override void " + verb + "(MigrationBuilder migrationBuilder)\n    {\n"
                + (body.isEmpty() ? INDENT + "// Nothing to do.\n" : body)
                + "    }\n";
    }

    private static String up(List<ExpandStep> steps, Patience patience) {
        StringBuilder body = new StringBuilder();
        for (ExpandStep step : steps) {
            body.append(comment(step.title())).append(calls(step.sql(), step.mode(), patience));
        }
        return body.toString();
    }

    private static String down(List<ExpandStep> steps, Patience patience) {
        List<ExpandStep> reversed = new ArrayList<>(steps);
        Collections.reverse(reversed);
        StringBuilder body = new StringBuilder();
        for (ExpandStep step : reversed) {
            if (!step.undo().isEmpty()) {
                body.append(comment("Undo: " + step.title())).append(calls(step.undo(), step.mode(), patience));
            }
        }
        return body.toString();
    }

    private static String comment(String title) {
        return INDENT + "// " + ExpandScript.oneLine(title) + "\n";
    }

    /** Statements of one transaction go in one call; the others each in their own, as the server wants them alone. */
    private static String calls(List<String> sql, ExpandStep.Mode mode, Patience patience) {
        List<String> all = new ArrayList<>(Limits.before(mode, patience));
        all.addAll(sql);
        all.addAll(Limits.after(mode));
        return switch (mode) {
            case TRANSACTION -> INDENT + "migrationBuilder.Sql(" + verbatim(ExpandScript.statements(all)) + ");\n";
            case PATIENT, SLOT -> {
                StringBuilder calls = new StringBuilder();
                for (String statement : all) {
                    calls.append(INDENT)
                            .append("migrationBuilder.Sql(")
                            .append(verbatim(statement + ";"))
                            .append(", suppressTransaction: true);\n");
                }
                yield calls.toString();
            }
        };
    }

    /** A C# verbatim string: only the quotation mark is special, and is doubled. */
    private static String verbatim(String text) {
        return "@\"" + text.stripTrailing().replace("\"", "\"\"") + "\"";
    }
}
