package dev.lockstep.monitor.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.lockstep.config.HttpConfig;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Chromium;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page in a real browser, on a sidecar that works. */
class PageIT {

    private static final Path SHOTS = Path.of("target", "page");

    private static Chromium chromium;
    private static TestDatabase db;
    private static ServedSidecar served;

    private final List<String> complaints = new ArrayList<>();
    private BrowserContext context;
    private Page page;

    @BeforeAll
    static void start() throws Exception {
        Optional<Chromium> there = Chromium.start();
        assumeTrue(there.isPresent(), "there is no Chromium");
        chromium = there.get();
        db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 20) i");
        served = ServedSidecar.on(db, LegacySchema.PASCAL).run();
        write(200);
        served.harness().awaitCaughtUp();
    }

    @AfterAll
    static void stop() throws Exception {
        if (served != null) {
            served.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    private static void write(int rows) throws Exception {
        db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT p.\"Id\", 'm' || i FROM"
                + " generate_series(1, " + rows + ") i JOIN \"Personas\" p ON p.\"Name\" = 'p' || (1 + i % 20)");
    }

    @BeforeEach
    void open() {
        page = open(options -> {});
    }

    private Page open(Consumer<Browser.NewContextOptions> change) {
        if (context != null) {
            context.close();
        }
        Browser.NewContextOptions options =
                new Browser.NewContextOptions().setViewportSize(1280, 900).setColorScheme(ColorScheme.LIGHT);
        change.accept(options);
        context = chromium.browser().newContext(options);
        Page opened = context.newPage();
        opened.onConsoleMessage(message -> {
            // what a refused call is to the browser
            if (!message.text().matches("(?s).*status of 40[13].*")) {
                complaints.add(message.type() + ": " + message.text());
            }
        });
        opened.onPageError(error -> complaints.add("uncaught: " + error));
        opened.onRequest(request -> {
            if (!request.url().startsWith("http://127.0.0.1:")) {
                complaints.add("elsewhere: " + request.url());
            }
            if (request.url().contains(ServedSidecar.TOKEN)) {
                complaints.add("the token is in an address");
            }
        });
        opened.navigate(served.url("/"));
        opened.waitForSelector("#feed[data-state=live]");
        return opened;
    }

    @AfterEach
    void nothingWentWrong() throws Exception {
        context.close();
        db.execute("UPDATE " + served.name() + ".control SET paused_at = NULL");
        assertThat(complaints).isEmpty();
    }

    private long number(String field) {
        return Long.parseLong(page.locator("[data-field='" + field + "']").getAttribute("data-value"));
    }

    @Test
    void saysAtAGlanceThatAllIsInStep() {
        PlaywrightAssertions.assertThat(page.locator("#verdict-title")).hasText("In step");
        PlaywrightAssertions.assertThat(page).hasTitle("In step · " + served.name());
        assertThat(page.locator("#verdict").getAttribute("data-tone")).isEqualTo("good");
        assertThat(page.locator(".uplot canvas").count()).isEqualTo(2);
        page.screenshot(shot("light"));
    }

    @Test
    void numbersMoveUnderLoad() throws Exception {
        long before = number("rowsStreamed");
        write(300);
        Await.until("300 rows more are shown", () -> number("rowsStreamed") >= before + 300);
        assertThat(page.locator("[data-field='rowsStreamed']").textContent().replace(",", ""))
                .isEqualTo(String.valueOf(number("rowsStreamed")));
        Await.until(
                "the charts have it",
                () -> { // of points that are five seconds apart
                    String rate = String.valueOf(page.locator("#rate-chart").getAttribute("aria-label"));
                    String lag = String.valueOf(page.locator("#lag-chart").getAttribute("aria-label"));
                    return rate.matches("Throughput of the last hour: highest [1-9].* changes a second")
                            && lag.matches("Lag of the last hour: highest .*\\d.*");
                });
    }

    @Test
    void pauseNeedsTheTokenAndWorks() throws Exception {
        page.locator("#pause").click();
        Locator token = page.locator("#token");
        token.fill("wrong");
        page.locator("#ask-yes").click();
        PlaywrightAssertions.assertThat(page.locator("#ask-error")).hasText("This is not the token.");
        assertThat(paused()).isFalse();
        token.fill(ServedSidecar.TOKEN);
        page.locator("#ask-yes").click();
        PlaywrightAssertions.assertThat(page.locator("#verdict-title")).hasText("Paused");
        assertThat(paused()).isTrue();
        page.screenshot(shot("paused"));

        page.locator("#resume").click();
        assertThat(token.isVisible()).as("asked again").isFalse();
        page.locator("#ask-yes").click();
        PlaywrightAssertions.assertThat(page.locator("#resume")).isHidden();
        assertThat(paused()).isFalse();
        assertThat(page.evaluate("Object.values(localStorage).join() + document.cookie + location.href"))
                .asString()
                .doesNotContain(ServedSidecar.TOKEN);
        Page another = context.newPage();
        another.navigate(served.url("/"));
        assertThat(another.evaluate("sessionStorage.length"))
                .as("kept for this tab alone")
                .isEqualTo(0);
    }

    private static boolean paused() throws Exception {
        return db.number("SELECT count(*) FROM " + served.name() + ".control WHERE paused_at IS NOT NULL") == 1;
    }

    @Test
    void deadLettersAreTriedAgainWithTheToken() throws Exception {
        String letters = served.name() + ".dead_letter";
        db.execute(
                "INSERT INTO " + letters + " (table_schema, table_name, key, sqlstate, reason, next_try) VALUES"
                        + " ('public', 'Messages', ARRAY['00000000-0000-0000-0000-000000000001'], '22001', '<b>too long</b>', now() + '1 h')");
        PlaywrightAssertions.assertThat(page.locator("[data-field='deadLetterExamples.0.reason']"))
                .hasText("<b>too long</b>");
        page.locator("#retry").click();
        page.locator("#token").fill(ServedSidecar.TOKEN);
        page.locator("#ask-yes").click();
        PlaywrightAssertions.assertThat(page.locator("#notice")).containsText("1 dead letters are tried again");
        Await.until("the row is gone, and so is its letter", () -> db.number("SELECT count(*) FROM " + letters) == 0);
    }

    @Test
    void worksWithAKeyboardAlone() throws Exception {
        page.keyboard().press("Tab");
        assertThat(focused()).isEqualTo("Skip to the status");
        page.keyboard().press("Tab");
        assertThat(focused()).isEqualTo("Pause");
        assertThat(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
                .isEqualTo("solid");
        page.keyboard().press("Enter");
        PlaywrightAssertions.assertThat(page.locator("#token")).isFocused();
        page.keyboard().press("Escape");
        PlaywrightAssertions.assertThat(page.locator("#ask")).isHidden();
        PlaywrightAssertions.assertThat(page.locator("#pause")).isFocused();
        page.keyboard().press("Enter");
        page.keyboard().type(ServedSidecar.TOKEN);
        page.keyboard().press("Enter");
        Await.until("paused", PageIT::paused);
    }

    private Object focused() {
        return page.evaluate("document.activeElement.textContent.trim()");
    }

    @Test
    void isReadableOnAPhoneAndInTheDark() {
        Object light = page.evaluate("getComputedStyle(document.body).backgroundColor");
        page = open(phone -> phone.setViewportSize(390, 844).setColorScheme(ColorScheme.DARK));
        assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(390);
        assertThat(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                .isNotEqualTo(light);
        page.screenshot(shot("phone-dark").setFullPage(true));
    }

    @Test
    void saysSinceWhenItIsStaleAndComesBack() throws Exception {
        HttpEndpoints first = served.endpoints(new HttpConfig("127.0.0.1", 0, ""));
        HttpConfig same = new HttpConfig("127.0.0.1", first.port(), "");
        page.navigate("http://127.0.0.1:" + same.port());
        page.waitForSelector("#feed[data-state=live]");
        long begun = System.nanoTime();
        first.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(3));
        page.waitForSelector("#feed[data-state=stale]");
        PlaywrightAssertions.assertThat(page.locator("#feed-text"))
                .hasText(Pattern.compile("stale since \\d\\d:\\d\\d:\\d\\d"));
        try (HttpEndpoints again = served.endpoints(same)) {
            assertThat(again.port()).isEqualTo(same.port());
            page.waitForSelector("#feed[data-state=live]");
            page.navigate("about:blank");
        }
        complaints.removeIf(line -> line.contains("ERR_") || line.contains(":" + same.port()));
    }

    private static Page.ScreenshotOptions shot(String name) {
        return new Page.ScreenshotOptions()
                .setPath(SHOTS.resolve(name + ".png"))
                .setFullPage(true);
    }
}
