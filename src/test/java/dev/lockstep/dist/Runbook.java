package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Hanging;
import dev.lockstep.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A page of {@code docs/operating}, worked through from top to bottom. */
final class Runbook {

    static final Path FOLDER = Path.of("docs/operating");

    private static final Pattern FENCE = Pattern.compile("(?ms)^( *)```(\\w*)\n(.*?)^\\1```$");

    /** @param language {@code sh} and {@code sql} are run; {@code text} is not */
    record Block(String language, String text) {}

    private final Installed installed;
    private final Deque<Block> left = new ArrayDeque<>();
    private final Map<String, String> environment = new HashMap<>();

    private Runbook(Installed installed, List<Block> blocks) {
        this.installed = installed;
        blocks.stream().filter(block -> !block.language().equals("text")).forEach(left::add);
    }

    static Runbook open(String page, Installed installed) throws IOException {
        return new Runbook(installed, blocks(FOLDER.resolve(page)));
    }

    static List<Block> blocks(Path page) throws IOException {
        return FENCE.matcher(Files.readString(page))
                .results()
                .map(fence -> new Block(fence.group(2), fence.group(3).replaceAll("(?m)^" + fence.group(1), "")))
                .toList();
    }

    /** What whoever reads the page would put in. */
    Runbook with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Runs what comes next, up to and with the first block that has {@code text}; returns what that one printed. */
    String upTo(String text) throws Exception {
        while (true) {
            assertThat(left).as("no further block has " + text).isNotEmpty();
            Block block = left.remove();
            String printed = run(block);
            if (block.text().contains(text)) {
                return printed;
            }
        }
    }

    /** Runs the rest; returns what the last block printed. */
    String toTheEnd() throws Exception {
        String printed = "";
        while (!left.isEmpty()) {
            printed = run(left.remove());
        }
        return printed;
    }

    private String run(Block block) throws Exception {
        return block.language().equals("sql") ? sql(installed.database(), block.text()) : shell(block.text());
    }

    /** As psql does it: statement by statement. */
    private static String sql(TestDatabase database, String script) throws SQLException {
        StringBuilder printed = new StringBuilder();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            for (String one : script.split(";\\s*\\n", -1)) {
                if (statement.execute(one)) {
                    ResultSet rows = statement.getResultSet();
                    while (rows.next()) {
                        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                            printed.append(i == 1 ? "" : "|").append(rows.getString(i));
                        }
                        printed.append('\n');
                    }
                }
            }
        }
        return printed.toString();
    }

    private String shell(String script) throws IOException, InterruptedException {
        Path out = Files.createTempFile(installed.folder(), "block", ".txt");
        ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script)
                .directory(installed.folder().toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("LOCKSTEP_"));
        builder.environment().putAll(environment);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().compute("PATH", (name, path) -> installed.bin() + ":" + path);
        builder.environment().put("LOCKSTEP_JAVA_OPTS", installed.javaOptions());
        builder.environment().put("LOCKSTEP_TOKEN", Installed.TOKEN);
        builder.environment().put("LOCKSTEP_URL", installed.address("").toString());
        Process process = builder.start();
        if (!process.waitFor(3, TimeUnit.MINUTES)) {
            String stacks = Hanging.stacks(process);
            throw new AssertionError("hangs: " + script + Files.readString(out) + "\n" + stacks);
        }
        String printed = Files.readString(out);
        assertThat(process.exitValue()).as("%s ended with: %s", script, printed).isZero();
        return printed;
    }
}
