package dev.lockstep.config;

import dev.lockstep.model.Conflict;
import dev.lockstep.model.MappingSpec;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;

/** Each section of the file as its record: which keys there are, their defaults and their limits. */
final class ConfigSections {

    private static final Pattern NAME = Pattern.compile("(?!pg_)[a-z0-9_]{1,40}");

    /** In seconds. On a quiet server the lag is the age of the last one, and alerts begin at 60. */
    private static final int MOST_HEARTBEAT = 15;

    /** Without a user or password before the host, where pgjdbc would take them for the host's name. */
    static final Pattern URL = Pattern.compile("jdbc:postgresql:(//[^/?@]+(/[^?@]*)?|[^/?@]*|/)(\\?.*)?");

    private ConfigSections() {}

    static LockstepConfig config(Section file) {
        file.allow(
                "name", "database", "mapping", "run", "backfill", "http", "monitor", "savepoints", "cutover", "kafka");
        String name = name(file);
        DatabaseConfig database = database(file.section("database"));
        MappingSpec mapping = MappingSection.read(file.section("mapping"), database.schema());
        return new LockstepConfig(
                name,
                database,
                mapping,
                run(file.section("run")),
                backfill(file.section("backfill")),
                http(file.section("http")),
                monitor(file.section("monitor")),
                savepoints(file.section("savepoints")),
                cutover(file.section("cutover")),
                new StoreSection(database.schema())
                        .read(file.section("mapping")).stream()
                                .map(StoreSection.Store::access)
                                .toList(),
                KafkaSection.read(file, name));
    }

    /** Whether the key is missing, null, or an empty list or block. */
    static boolean isNothing(Section section, String key) {
        Node node = section.entries().get(key);
        return node == null
                || node.isNull()
                || (node instanceof Listing list && list.items().isEmpty())
                || (node instanceof Section keys && keys.entries().isEmpty());
    }

    private static String name(Section file) {
        String name = file.text("name", "lockstep");
        if (!NAME.matcher(name).matches()) {
            throw file.placeOf("name")
                    .wrong("names a schema and a slot: 1 to 40 of a-z, 0-9 and _, not beginning with pg_");
        }
        return name;
    }

    private static DatabaseConfig database(Section section) {
        section.allow("url", "user", "password", "schema");
        String url = section.required("url", "write jdbc:postgresql://HOST:5432/DATABASE");
        if (!URL.matcher(url).matches()) {
            throw section.placeOf("url")
                    .wrong("has to look like jdbc:postgresql://HOST:5432/DATABASE;"
                            + " user and password have keys of their own");
        }
        return new DatabaseConfig(
                url,
                section.required("user", "write the role to connect as"),
                section.text("password", ""),
                MappingSection.identifier(section, "schema", "public"));
    }

    private static RunConfig run(Section section) {
        section.allow("batchRows", "pollMillis", "lanes", "heartbeatSeconds");
        RunConfig standard = RunConfig.DEFAULT;
        return new RunConfig(
                section.integer("batchRows", standard.batchRows(), 1, 100_000),
                section.count("pollMillis", ChronoUnit.MILLIS, standard.poll(), 1, 10_000),
                section.integer("lanes", standard.lanes(), 1, 32),
                section.count("heartbeatSeconds", ChronoUnit.SECONDS, standard.heartbeat(), 1, MOST_HEARTBEAT));
    }

    private static BackfillConfig backfill(Section section) {
        section.allow("batchMillis", "workers");
        BackfillConfig standard = BackfillConfig.DEFAULT;
        return new BackfillConfig(
                section.count("batchMillis", ChronoUnit.MILLIS, standard.batch(), 1, 10_000),
                section.integer("workers", standard.workers(), 1, 32));
    }

    private static HttpConfig http(Section section) {
        section.allow("host", "port", "token");
        HttpConfig standard = HttpConfig.DEFAULT;
        String host = section.text("host", standard.host());
        if (host.isBlank()) {
            throw section.placeOf("host").wrong("is empty; write an address of this machine, such as 127.0.0.1");
        }
        return new HttpConfig(
                host, section.integer("port", standard.port(), 0, 65_535), section.text("token", standard.token()));
    }

    private static MonitorConfig monitor(Section section) {
        section.allow("maxLagSeconds");
        return new MonitorConfig(
                section.count("maxLagSeconds", ChronoUnit.SECONDS, MonitorConfig.DEFAULT.maxLag(), 1, 86_400));
    }

    private static SavepointsConfig savepoints(Section section) {
        section.allow("everyMinutes", "keep");
        SavepointsConfig standard = SavepointsConfig.DEFAULT;
        return new SavepointsConfig(
                section.count("everyMinutes", ChronoUnit.MINUTES, standard.every(), 1, 10_080),
                section.integer("keep", standard.keep(), 0, 20));
    }

    private static CutoverConfig cutover(Section section) {
        section.allow("maxLagSeconds", "steadyMinutes", "evidenceMaxAge", "conflict");
        CutoverConfig standard = CutoverConfig.DEFAULT;
        return new CutoverConfig(
                section.count("maxLagSeconds", ChronoUnit.SECONDS, standard.maxLag(), 0, 3_600),
                section.count("steadyMinutes", ChronoUnit.MINUTES, standard.steady(), 0, 10_080),
                section.scalar("evidenceMaxAge")
                        .map(age -> age.span(Duration.ofSeconds(1), Duration.ofDays(30)))
                        .orElse(standard.evidenceMaxAge()),
                section.scalar("conflict")
                        .map(conflict -> conflict.choice(Conflict.class))
                        .orElse(standard.conflict()));
    }
}
