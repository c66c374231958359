package dev.lockstep.monitor.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.microsoft.playwright.Page;
import dev.lockstep.testing.Chromium;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each number on the page is that of {@code /api/status}, and that of a query on the server. */
class PageNumbersIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Known to the process alone. Those of the throttle's configuration and of rates are compared with the status. */
    private static final Pattern OF_THE_PROCESS = Pattern.compile(
            "process\\..+|throttle\\.signals\\.\\d+\\.limit|throttle\\.signals\\.2\\.value|stores\\..+");

    /** What went up and down again between two looks is seen by neither; the rate of WAL does so after a start. */
    private static final int TRIES = 12;

    private record Number(String path, double value, String text, String format) {}

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void pageAndStatusAndServerAgree(LegacySchema schema) throws Exception {
        Optional<Chromium> there = Chromium.start();
        assumeTrue(there.isPresent(), "there is no Chromium");
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        db.execute(rows(schema));
        try (Chromium chromium = there.get();
                ServedSidecar served = ServedSidecar.on(db, schema).run()) {
            served.harness().awaitCaughtUp();
            db.execute(rows(schema));
            served.harness().awaitCaughtUp();
            fill(db, served.name(), schema);
            served.harness().awaitCaughtUp();
            Page page = chromium.browser().newPage();
            page.navigate(served.url("/"));
            page.waitForSelector("#feed[data-state=live]");
            List<String> wrong = disagreements(page, served, db);
            for (int again = 1; again < TRIES && !wrong.isEmpty(); again++) {
                wrong = disagreements(page, served, db);
            }
            assertThat(wrong).isEmpty();
        }
    }

    /** Three personas and ten messages, and so ten conversations. */
    private static String rows(LegacySchema schema) {
        return switch (schema) {
            case PASCAL ->
                "WITH p AS (INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 3) i RETURNING \"Id\")"
                        + " INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT p.\"Id\", 'm' FROM p, generate_series(1, 10)";
            case SNAKE ->
                "WITH p AS (INSERT INTO app.personas (display_name) SELECT 'p' || i FROM generate_series(1, 3) i RETURNING persona_id)"
                        + " INSERT INTO app.messages (from_persona_id, body) SELECT p.persona_id, 'm' FROM p, generate_series(1, 10)";
        };
    }

    /** What a sidecar of some weeks has: a gap, a dead letter, a savepoint, a verification that found something. */
    private static void fill(TestDatabase db, String name, LegacySchema schema) throws Exception {
        String table = schema == LegacySchema.PASCAL ? "'public', 'Messages'" : "'app', 'messages'";
        String key = schema == LegacySchema.PASCAL ? "00000000-0000-0000-0000-000000000077" : "77";
        String shown = schema == LegacySchema.PASCAL ? "public.Messages" : "app.messages";
        db.execute("INSERT INTO $n.gap (reason, detail, scanned_at) VALUES ('test', 'made by a test', now());"
                        .replace("$n", name)
                + "INSERT INTO $n.dead_letter (table_schema, table_name, key, sqlstate, reason, next_try, tries) VALUES ("
                        .replace("$n", name)
                + table + ", ARRAY['" + key + "'], '22001', 'made by a test', now() + '1 h', 1234);"
                + "INSERT INTO $n.evidence (kind, began_at, as_of, system_id, timeline, clean, report) VALUES ('verify', now(),"
                        .replace("$n", name)
                + " pg_current_wal_lsn(), 1, 1, false, '{\"tables\": [{\"table\": \"" + shown
                + "\", \"missing\": 3, \"wrong\": 1200, \"hashWrong\": 1}]}')");
        db.execute("SELECT pg_create_logical_replication_slot('$n_sp_page', 'pgoutput')".replace("$n", name));
        db.execute("INSERT INTO $n.savepoint (name, slot) VALUES ('page', '$n_sp_page')".replace("$n", name));
    }

    /** Reads the server, the page, the status, and the server again. */
    private static List<String> disagreements(Page page, ServedSidecar served, TestDatabase db) throws Exception {
        ServerNumbers server = new ServerNumbers(db, served.name());
        RawHttp http = new RawHttp(served.port());
        JsonNode earlier = JSON.readTree(http.get("/api/status").send().body());
        Map<String, ServerNumbers.Look> before = new LinkedHashMap<>();
        for (Number number : numbers(page)) {
            server.look(number.path(), earlier).ifPresent(look -> before.put(number.path(), look));
        }
        awaitTwoEvents(page);
        List<Number> shown = numbers(page);
        JsonNode status = JSON.readTree(http.get("/api/status").send().body());
        List<String> wrong = new ArrayList<>();
        for (Number number : shown) {
            double told = at(status, number.path()).asDouble();
            Optional<ServerNumbers.Look> after = server.look(number.path(), status);
            if (after.isEmpty() || !before.containsKey(number.path())) {
                ofTheProcess(number, told, earlier, status).ifPresent(wrong::add);
            } else {
                compare(number, told, before.get(number.path()), after.get()).ifPresent(wrong::add);
            }
            if (!readsAs(number)) {
                wrong.add(number + " is not what it says");
            }
        }
        if (shown.size() < 30) {
            wrong.add("only " + shown.size() + " numbers are shown");
        }
        return wrong;
    }

    private static Optional<String> compare(
            Number number, double told, ServerNumbers.Look before, ServerNumbers.Look after) {
        boolean still = before.equals(after) && before.down() == 0;
        boolean right = before.brackets(after, number.value()) && before.brackets(after, told);
        return right && (!still || number.value() == told)
                ? Optional.empty()
                : Optional.of(number + ", status " + told + ", server " + before + " to " + after);
    }

    private static Optional<String> ofTheProcess(Number number, double told, JsonNode earlier, JsonNode later) {
        if (number.path().equals("budget.usedPercent") || number.path().equals("budget.pauseSeconds")) {
            return derived(number, later) ? Optional.empty() : Optional.of(number + " does not follow from the budget");
        }
        if (!OF_THE_PROCESS.matcher(number.path()).matches()) {
            return Optional.of(number + ": there is no query for it");
        }
        boolean same = number.value() == told
                || number.value() == at(earlier, number.path()).asDouble();
        return same ? Optional.empty() : Optional.of(number + ", status " + told);
    }

    /** From the numbers of the budget that were compared with the server. */
    private static boolean derived(Number number, JsonNode status) {
        double used = at(status, "budget.usedBytes").asDouble();
        double limit = at(status, "budget.limitBytes").asDouble();
        if (number.path().equals("budget.usedPercent")) {
            return Math.abs(number.value() - 100 * used / limit) < 0.11;
        }
        double rate = Math.max(1, at(status, "budget.walBytesPerSecond").asDouble());
        double right = Math.min(30 * 86_400.0, (0.8 * limit - used) / rate);
        return Math.abs(number.value() - right) <= 1 + 0.01 * right;
    }

    /** The page has rendered an event that was read after the call. */
    private static void awaitTwoEvents(Page page) {
        page.evaluate("new Promise(done => { let seen = 0; new MutationObserver((changes, self) => {"
                + " if (++seen === 2) { self.disconnect(); done() } })"
                + ".observe(document.documentElement, {attributes: true, attributeFilter: ['data-events']}) })");
    }

    private static List<Number> numbers(Page page) {
        List<?> all = (List<?>) page.evaluate("[...document.querySelectorAll('[data-field][data-value]')]"
                + ".map(e => [e.dataset.field, e.dataset.value, e.textContent, e.dataset.format ?? 'text'])");
        List<Number> numbers = new ArrayList<>();
        for (Object each : all) {
            List<?> one = (List<?>) each;
            boolean name = one.get(0).toString().endsWith(".key");
            if (!name && one.get(1).toString().matches("-?\\d+(\\.\\d+)?(e-?\\d+)?")) {
                numbers.add(new Number(
                        one.get(0).toString(),
                        Double.parseDouble(one.get(1).toString()),
                        one.get(2).toString(),
                        one.get(3).toString()));
            }
        }
        return numbers;
    }

    /** A path may end in a key that has dots itself. */
    private static JsonNode at(JsonNode node, String path) {
        if (node.has(path)) {
            return node.get(path);
        }
        int dot = path.indexOf('.');
        if (dot < 0) {
            return node.path(path);
        }
        String first = path.substring(0, dot);
        JsonNode inside = node.isArray() ? node.path(Integer.parseInt(first)) : node.path(first);
        return at(inside, path.substring(dot + 1));
    }

    /** Whether the text is the number, to three digits where it is shortened. */
    private static boolean readsAs(Number number) {
        Map<String, Double> units = Map.of(
                "B", 1.0, "kB", 1e3, "MB", 1e6, "GB", 1e9, "TB", 1e12, "ms", 1e-3, "s", 1.0, "min", 60.0, "h", 3600.0,
                "d", 86_400.0);
        Matcher part = Pattern.compile("(-?[\\d.,]+)(?: (kB|MB|GB|TB|B|ms|min|s|h|d)\\b)?")
                .matcher(number.text());
        double read = 0;
        double coarse = 1;
        while (part.find()) {
            coarse = part.group(2) == null ? 1 : units.get(part.group(2));
            read += Double.parseDouble(part.group(1).replace(",", "")) * coarse;
        }
        return switch (number.format()) {
            case "count", "text" -> read == number.value();
            case "duration" -> Math.abs(read - number.value()) <= coarse;
            default -> Math.abs(read - number.value()) <= 0.006 * Math.abs(number.value());
        };
    }
}
