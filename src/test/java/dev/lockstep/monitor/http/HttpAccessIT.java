package dev.lockstep.monitor.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.config.HttpConfig;
import dev.lockstep.model.LockstepException;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets what, request by request. Nothing runs here but the endpoints. */
class HttpAccessIT {

    private static final List<String> CONTROLS =
            List.of("/api/pause", "/api/resume", "/api/throttle", "/api/dead-letters/retry");
    private static final Map<String, String> HEADERS = Map.of(
            "x-frame-options", "DENY",
            "x-content-type-options", "nosniff",
            "referrer-policy", "no-referrer",
            "content-security-policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
                            + " frame-ancestors 'none'; base-uri 'none'; form-action 'none'");

    private static TestDatabase db;
    private static ServedSidecar served;
    private static RawHttp http;

    @BeforeAll
    static void serve() throws Exception {
        db = TestPostgres.database();
        db.execute(LegacySchema.SNAKE.ddl());
        served = ServedSidecar.on(db, LegacySchema.SNAKE);
        http = new RawHttp(served.port());
    }

    @AfterAll
    static void close() throws Exception {
        served.close();
    }

    @BeforeEach
    void nothingIsAsked() throws Exception {
        db.execute("UPDATE " + served.name() + ".control SET paused_at = NULL, throttle_limits = '{}'");
    }

    private static boolean paused() throws Exception {
        return db.number("SELECT count(*) FROM " + served.name() + ".control WHERE paused_at IS NOT NULL") == 1;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/page.css",
                "/page.js",
                "/uplot/dist/uPlot.esm.js",
                "/api/status",
                "/api/history",
                "/metrics",
                "/health/live",
                "/health/ready",
                "/api/pause",
                "/nothing"
            })
    void everyAnswerCarriesTheHeaders(String path) throws Exception {
        RawHttp.Answer answer = http.get(path).send();
        assertThat(answer.headers()).containsAllEntriesOf(HEADERS).doesNotContainKey("server");
        assertThat(answer.headers().get("cache-control")).isIn("no-store", "no-cache");
        if (path.startsWith("/api") || path.startsWith("/health")) {
            assertThat(answer.headers()).containsEntry("cache-control", "no-store");
            assertThat(answer.headers().get("content-type")).startsWith("application/json");
        }
        assertThat(answer.body()).doesNotContain("\tat ", "Exception", "Javalin", "Jetty", ServedSidecar.TOKEN);
    }

    @Test
    void servesThePageAndWhatItIsMadeOf() throws Exception {
        assertThat(http.get("/").send().headers().get("content-type")).startsWith("text/html");
        for (String script : List.of("page", "charts", "control", "feed", "format", "render", "verdict")) {
            RawHttp.Answer answer = http.get("/" + script + ".js").send();
            assertThat(answer.status()).as(script).isEqualTo(200);
            assertThat(answer.headers().get("content-type")).startsWith("text/javascript");
        }
        assertThat(http.get("/uplot/dist/uPlot.min.css").send().status()).isEqualTo(200);
    }

    @Test
    void theTokenIsNeeded() throws Exception {
        for (String path : CONTROLS) {
            RawHttp.Request call = http.post(path);
            assertRefused(call.send(), 401, "Authorization: Bearer");
            assertThat(call.send().headers()).containsEntry("www-authenticate", "Bearer");
            for (String wrong : List.of("", "x", ServedSidecar.TOKEN + "x", ServedSidecar.TOKEN.substring(1))) {
                assertRefused(call.token(wrong).send(), 401, "Authorization: Bearer");
            }
            assertRefused(
                    call.header("Authorization", "Basic " + ServedSidecar.TOKEN).send(), 401, "Bearer");
            assertRefused(http.post(path + "?token=" + ServedSidecar.TOKEN).send(), 401, "Bearer");
        }
        assertThat(paused()).isFalse();
        assertThat(http.post("/api/pause").token(ServedSidecar.TOKEN).send().status())
                .isEqualTo(200);
        assertThat(paused()).isTrue();
        assertThat(http.post("/api/resume").token(ServedSidecar.TOKEN).send().status())
                .isEqualTo(200);
        assertThat(paused()).isFalse();
    }

    @Test
    void withoutATokenInTheConfigurationControlIsOff() throws Exception {
        try (HttpEndpoints off = served.endpoints(new HttpConfig("127.0.0.1", 0, ""))) {
            RawHttp open = new RawHttp(off.port());
            for (String path : CONTROLS) {
                assertRefused(open.post(path).token("").send(), 403, "set http.token");
                assertRefused(open.post(path).send(), 403, "set http.token");
            }
            assertThat(open.get("/api/status").send().status()).isEqualTo(200);
        }
        assertThat(paused()).isFalse();
    }

    @Test
    void otherMachinesNeedAToken() {
        for (String host : List.of("0.0.0.0", "::")) {
            assertThatThrownBy(() -> served.endpoints(new HttpConfig(host, 0, " ")))
                    .isInstanceOfSatisfying(
                            LockstepException.class,
                            e -> assertThat(e.kind().exitCode()).isEqualTo(2))
                    .hasMessageContaining("http.host " + host)
                    .hasMessageContaining("set http.token");
        }
    }

    @Test
    void withATokenOtherMachinesAreServedUnderAnyName() throws Exception {
        try (HttpEndpoints open = served.endpoints(new HttpConfig("0.0.0.0", 0, "s"))) {
            RawHttp there = new RawHttp(open.port());
            assertThat(there.get("/api/status")
                            .header("Host", "db.internal:8080")
                            .send()
                            .status())
                    .isEqualTo(200);
            assertThat(there.post("/api/resume")
                            .header("Host", "db.internal:8080")
                            .header("Origin", "http://db.internal:8080")
                            .token("s")
                            .send()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void controlComesFromThisPageAlone() throws Exception {
        RawHttp.Request call = http.post("/api/pause").token(ServedSidecar.TOKEN);
        for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1")) {
            assertRefused(call.header("Origin", origin).send(), 403, "other sites");
        }
        for (String site : List.of("cross-site", "same-site")) {
            assertRefused(call.header("Sec-Fetch-Site", site).send(), 403, "other sites");
        }
        for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")) {
            assertRefused(call.header("Content-Type", type).send(), 415, "application/json");
        }
        assertRefused(call.without("Content-Type").send(), 415, "application/json");
        assertThat(paused()).isFalse();
        RawHttp.Request own = call.header("Origin", "http://127.0.0.1:" + served.port())
                .header("Sec-Fetch-Site", "same-origin")
                .header("Content-Type", "application/json; charset=utf-8");
        assertThat(own.send().status()).isEqualTo(200);
        assertThat(paused()).isTrue();
    }

    /** As `curl -X POST -H 'Authorization: …'` sends it. */
    @Test
    void aCallWithoutABodyNeedsNoContentType() throws Exception {
        RawHttp.Request bare = http.post("/api/pause")
                .token(ServedSidecar.TOKEN)
                .without("Content-Type")
                .body("");
        assertThat(bare.header("Content-Length", "0").send().status()).isEqualTo(200);
        assertThat(paused()).isTrue();
    }

    /** DNS rebinding: the browser believes that we are evil.example. */
    @Test
    void anotherNameForThisMachineGetsNothing() throws Exception {
        for (String host : List.of("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil:1")) {
            assertRefused(http.get("/api/status").header("Host", host).send(), 403, "localhost");
            assertRefused(
                    http.post("/api/pause")
                            .token(ServedSidecar.TOKEN)
                            .header("Host", host)
                            .send(),
                    403,
                    "localhost");
        }
        assertRefused(http.get("/api/status").header("Host", "").send(), 400, "no request");
        assertThat(paused()).isFalse();
        for (String host : List.of("localhost", "LOCALHOST:9999", "127.0.0.1:1", "[::1]:8080")) {
            assertThat(http.get("/api/status").header("Host", host).send().status())
                    .as(host)
                    .isEqualTo(200);
        }
        assertThat(http.get("/metrics")
                        .header("Host", "prometheus.target")
                        .send()
                        .status())
                .isEqualTo(200);
    }

    @Test
    void bodiesAreBoundedAndChecked() throws Exception {
        RawHttp.Request pause = http.post("/api/pause").token(ServedSidecar.TOKEN);
        assertRefused(pause.body("{\"x\": \"" + "x".repeat(20_000) + "\"}").send(), 413, "16384 bytes");
        assertRefused(pause.body("{").send(), 400, "not JSON");
        assertRefused(pause.body("{} {}").send(), 400, "not JSON");
        assertRefused(pause.body("[]").send(), 400, "one JSON object");
        assertRefused(pause.body("{\"for\": 5}").send(), 400, "no keys");
        RawHttp.Request throttle = http.post("/api/throttle").token(ServedSidecar.TOKEN);
        assertRefused(throttle.body("{}").send(), 400, "name a signal");
        assertRefused(throttle.body("{\"lockWaits\": \"5\"}").send(), 400, "numbers alone");
        RawHttp.Request retry = http.post("/api/dead-letters/retry").token(ServedSidecar.TOKEN);
        assertRefused(retry.body("{\"key\": [1]}").send(), 400, "name the table");
        assertRefused(retry.body("{\"table\": 1}").send(), 400, "table");
        assertRefused(retry.body("{\"table\": \"app.messages\", \"key\": 1}").send(), 400, "key");
        assertThat(paused()).isFalse();
        assertThat(pause.body("").send().status()).isEqualTo(200);
    }

    @Test
    void limitsAreChanged() throws Exception {
        RawHttp.Request throttle = http.post("/api/throttle").token(ServedSidecar.TOKEN);
        assertThat(throttle.body("{\"lockWaits\": 5, \"activeSessions\": 7.5}")
                        .send()
                        .status())
                .isEqualTo(200);
        Map<String, Double> limits = new HashMap<>();
        new ObjectMapper()
                .readTree(http.get("/api/status").send().body())
                .at("/throttle/signals")
                .forEach(signal -> limits.put(
                        signal.path("name").asText(), signal.path("limit").asDouble()));
        assertThat(limits).containsEntry("lockWaits", 5.0).containsEntry("activeSessions", 7.5);
        assertRefused(throttle.body("{\"lockWait\": 5}").send(), 400, "lockWait");
    }

    @Test
    void deadLettersAreMadeDue() throws Exception {
        db.execute(
                "INSERT INTO " + served.name()
                        + ".dead_letter (table_schema, table_name, key, sqlstate, reason, next_try)"
                        + " SELECT 'app', t, ARRAY['7'], '22001', 'x', now() + '1 h' FROM unnest(ARRAY['messages', 'conversations']) t");
        String due = "SELECT count(*) FROM " + served.name() + ".dead_letter WHERE next_try <= clock_timestamp()";
        RawHttp.Request retry = http.post("/api/dead-letters/retry").token(ServedSidecar.TOKEN);
        assertThat(retry.body("{\"table\": \"app.messages\", \"key\": [7]}")
                        .send()
                        .body())
                .isEqualTo("{\"retried\":1}");
        assertThat(db.number(due)).isEqualTo(1);
        assertThat(retry.send().body()).isEqualTo("{\"retried\":2}");
        assertThat(db.number(due)).isEqualTo(2);
        db.execute("DELETE FROM " + served.name() + ".dead_letter");
    }

    @Test
    void methodsAndPathsThatAreNotThere() throws Exception {
        for (String path : CONTROLS) {
            assertRefused(http.get(path).send(), 405, "GET");
        }
        for (String path : List.of("/api/status", "/metrics", "/health/live", "/health/ready")) {
            assertRefused(http.post(path).token(ServedSidecar.TOKEN).send(), 405, "POST");
            assertRefused(http.send("DELETE", path).send(), 405, "DELETE");
        }
        for (String path : List.of(
                "/nothing",
                "/metrics/x",
                "/api",
                "/api/pause/x",
                "/package-info.class",
                "/../logback.xml",
                "/%2e%2e/http/Access.class",
                "/uplot/")) {
            assertThat(http.get(path).send().status()).as(path).isIn(400, 404);
        }
    }

    @Test
    void listenersAreBoundedAndForgottenWhenTheyGo() throws Exception {
        List<Socket> listeners = new ArrayList<>();
        try {
            for (int i = 0; i < StatusFeed.MOST_CLIENTS; i++) {
                listeners.add(listen());
            }
            assertRefused(http.get("/api/events").send(), 503, "32 pages");
            assertThat(http.get("/health/live").send().status()).isEqualTo(200);
            listeners.remove(0).close();
            Await.until("its place is free", () -> {
                Socket another = new Socket(InetAddress.getLoopbackAddress(), served.port());
                boolean admitted = firstLine(another).contains(" 200 ");
                (admitted ? listeners : new ArrayList<Socket>()).add(another);
                return admitted;
            });
        } finally {
            for (Socket listener : listeners) {
                listener.close();
            }
        }
    }

    private static Socket listen() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.port());
        assertThat(firstLine(socket)).contains(" 200 ");
        return socket;
    }

    private static String firstLine(Socket socket) throws IOException {
        socket.setSoTimeout(30_000);
        socket.getOutputStream()
                .write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder line = new StringBuilder();
        for (int c = socket.getInputStream().read();
                c > 0 && c != '\n';
                c = socket.getInputStream().read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    private static void assertRefused(RawHttp.Answer answer, int status, String why) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).startsWith("{\"error\":\"").contains(why).doesNotContain("\n", "Exception");
        assertThat(answer.headers()).containsAllEntriesOf(HEADERS);
    }
}
