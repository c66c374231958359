package dev.lockstep.testing;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The machine's own Chromium, without a window; downloads nothing. */
public final class Chromium implements AutoCloseable {

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Path executable) {
        this.playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        this.browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(executable)
                        .setArgs(List.of("--no-sandbox"))); // CI is root
    }

    /**
     * Starts it; empty, with the reason printed, where it is not installed.
     *
     * @throws IllegalStateException when it is not and {@code -Dlockstep.browser.required=true} says that it must be
     */
    public static Optional<Chromium> start() {
        Optional<Path> executable = find();
        if (executable.isEmpty()) {
            String line = "there is no Chromium on the PATH; apt-get install chromium";
            if (Boolean.getBoolean("lockstep.browser.required")) {
                throw new IllegalStateException(line);
            }
            System.out.println("skipped: " + line);
        }
        return executable.map(Chromium::new);
    }

    private static Optional<Path> find() {
        return Stream.of(System.getenv("PATH").split(":"))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    public Browser browser() {
        return browser;
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
