package dev.lockstep.cli;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Handles;
import dev.lockstep.state.Census;
import dev.lockstep.state.ControlSchema;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code census}: 0 when no old writer wrote within the last day, 1 when one did. */
@Command(
        name = "census",
        description = "Shows what old writers wrote, by table and hour, and who was connected meanwhile.")
final class CensusCommand implements Callable<Integer> {

    private static final int DAY_HOURS = 24;

    private final CliContext context;

    CensusCommand(CliContext context) {
        this.context = context;
    }

    private record Result(List<Census.Hour> hours, List<Census.Client> clients, Instant now) {

        List<Census.Hour> lately() {
            return hours.stream()
                    .filter(hour -> hour.lastSeen().isAfter(now.minus(DAY_HOURS, ChronoUnit.HOURS)))
                    .toList();
        }
    }

    @Override
    public Integer call() throws SQLException {
        LockstepConfig config = context.config();
        try (Connection connection = context.database(config).open("census")) {
            ControlSchema.require(connection, config.name());
            Census census = new Census(config.name());
            Result result = Handles.ask(
                    connection,
                    handle -> new Result(
                            census.recent(handle),
                            census.clients(handle),
                            handle.createQuery("SELECT clock_timestamp()")
                                    .mapTo(Instant.class)
                                    .one()));
            context.output().show(json(result), out -> print(result, out));
            return result.lately().isEmpty() ? 0 : 1;
        }
    }

    private static Map<String, Object> json(Result result) {
        List<Map<String, Object>> hours = new ArrayList<>();
        for (Census.Hour hour : result.hours()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("table", hour.table().toString());
            one.put("hour", hour.hour().toString());
            one.put("writes", hour.writes());
            one.put("lastSeen", hour.lastSeen().toString());
            hours.add(one);
        }
        List<Map<String, Object>> clients = new ArrayList<>();
        for (Census.Client client : result.clients()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("applicationName", client.applicationName());
            one.put("user", client.user());
            one.put("lastSeen", client.lastSeen().toString());
            clients.add(one);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("quiet", result.lately().isEmpty());
        json.put("hours", hours);
        json.put("clients", clients);
        return json;
    }

    private static void print(Result result, PrintStream out) {
        if (result.hours().isEmpty()) {
            out.println("no old writer was ever seen");
            return;
        }
        for (Census.Hour hour : result.hours()) {
            out.printf(
                    Locale.ROOT,
                    "%-32s %s  %,12d rows, the last at %s%n",
                    hour.table(),
                    hour.hour(),
                    hour.writes(),
                    hour.lastSeen());
        }
        if (result.lately().isEmpty()) {
            out.println("quiet for a day");
        } else if (!result.clients().isEmpty()) {
            out.println("connected while such rows came, one of them wrote them:");
            result.clients()
                    .forEach(client -> out.printf(
                            Locale.ROOT,
                            "  %-40s %-20s %s%n",
                            client.applicationName().isEmpty() ? "(no application_name)" : client.applicationName(),
                            client.user(),
                            client.lastSeen()));
        }
    }
}
