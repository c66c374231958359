package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.ExpandSql;
import dev.lockstep.sql.VectorCountSql;
import dev.lockstep.state.Scans;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Makes every table of vectors refuse what another vector says already: the same agent, conversation and hash. */
public final class UniqueVectors {

    private final String name;
    private final PlanRun run;
    private final SurveyReader surveys;

    /**
     * What came of it.
     *
     * @param done the titles of the steps done
     * @param duplicates vectors in the way, by table; nothing was done if there are any
     */
    public record Outcome(List<String> done, Map<TableName, Long> duplicates) {

        public Outcome {
            done = List.copyOf(done);
            duplicates = Map.copyOf(duplicates);
        }
    }

    /** @param name of the control schema */
    public UniqueVectors(
            Database database,
            String name,
            MappingSpec spec,
            Patience patience,
            Sleeper sleeper,
            RandomGenerator random) {
        this.name = name;
        this.run = new PlanRun(database, "index", patience, sleeper, random);
        this.surveys = new SurveyReader(name, spec);
    }

    /**
     * Builds what is missing; blocks for as long as the server needs.
     *
     * @throws LockstepException when there are no vectors, or they have not been backfilled
     */
    public Outcome build() {
        Map<TableName, Long> duplicates = new LinkedHashMap<>();
        List<String> done = run.execute("lockstep index " + name, connection -> {
            Survey survey = surveys.read(connection);
            requireFilled(connection, survey.mapping());
            duplicates.putAll(duplicates(connection, survey.mapping()));
            return duplicates.isEmpty() ? ExpandSql.uniqueVectors(survey.mapping(), survey.facts()) : List.of();
        });
        return new Outcome(done, duplicates);
    }

    private void requireFilled(Connection connection, Mapping mapping) throws SQLException {
        Set<TableName> vectors =
                mapping.vectors().stream().map(Mapping.Scoped::table).collect(Collectors.toSet());
        if (vectors.isEmpty()) {
            throw LockstepException.wrongInput(
                    "mapping.vectors names no table in the database; --unique-vectors is for those");
        }
        boolean open = Handles.ask(connection, new Scans(name)::all).stream()
                .anyMatch(scan -> vectors.contains(scan.root()) && scan.state() != Scans.State.DONE);
        if (open) {
            throw LockstepException.notDone(
                    "the vectors have not all been backfilled; let `lockstep run` or `lockstep backfill` finish, then run"
                            + " it again",
                    null);
        }
    }

    private static Map<TableName, Long> duplicates(Connection connection, Mapping mapping) throws SQLException {
        Map<TableName, Long> duplicates = new LinkedHashMap<>();
        for (Mapping.Scoped vectors : mapping.vectors()) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(new VectorCountSql(vectors).duplicates())) {
                row.next();
                if (row.getLong(1) > 0) {
                    duplicates.put(vectors.table(), row.getLong(1));
                }
            }
        }
        return duplicates;
    }
}
