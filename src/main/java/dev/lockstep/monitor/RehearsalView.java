package dev.lockstep.monitor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.model.Cost;
import dev.lockstep.monitor.StatusReport.Rehearsal;
import dev.lockstep.monitor.StatusReport.Rehearsal.Took;
import dev.lockstep.state.StepLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Holds what was done of the migration against what was rehearsed; writes nothing. */
final class RehearsalView {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private RehearsalView() {}

    /** Null when nothing was rehearsed. */
    static @Nullable Rehearsal read(Handle handle, String name) {
        StepLog steps = new StepLog(name);
        Optional<String> kept = steps.rehearsal(handle);
        return kept.isEmpty() ? null : compare(kept.get(), steps.costs(handle));
    }

    static Rehearsal compare(String report, Map<String, Cost> costs) {
        JsonNode json;
        try {
            json = JSON.readTree(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e); // jsonb gave it
        }
        List<Rehearsal.Step> steps = new ArrayList<>();
        for (String step : StepLog.STEPS) {
            Cost real = costs.get(step);
            steps.add(new Rehearsal.Step(
                    step,
                    expected(json.path("forecast"), step),
                    real == null ? null : new Took(real.rows(), real.seconds(), real.walBytes())));
        }
        return new Rehearsal(
                json.path("at").asText(),
                json.path("copy").asText(),
                json.path("ok").asBoolean(),
                steps);
    }

    private static @Nullable Took expected(JsonNode forecast, String step) {
        for (JsonNode one : forecast) {
            if (one.path("phase").asText().equals(step)) {
                JsonNode seconds = one.path("seconds");
                JsonNode wal = one.path("walBytes");
                return new Took(
                        one.path("rows").asLong(),
                        seconds.isNumber() ? Double.valueOf(seconds.asDouble()) : null,
                        wal.isNumber() ? Long.valueOf(wal.asLong()) : null);
            }
        }
        return null;
    }
}
