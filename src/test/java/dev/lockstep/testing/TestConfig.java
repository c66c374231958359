package dev.lockstep.testing;

import dev.lockstep.config.BackfillConfig;
import dev.lockstep.config.CutoverConfig;
import dev.lockstep.config.HttpConfig;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.config.MonitorConfig;
import dev.lockstep.config.RunConfig;
import dev.lockstep.config.SavepointsConfig;
import dev.lockstep.model.MappingSpec;
import java.time.Duration;

/** Configurations for tests. Slots are cluster-wide, so each database has a name of its own. */
public final class TestConfig {

    private TestConfig() {}

    public static LockstepConfig of(TestDatabase database, MappingSpec spec) {
        String url = database.config().url();
        return new LockstepConfig(
                "ls_" + url.substring(url.lastIndexOf('/') + 1).replaceFirst("\\?.*", ""),
                database.config(),
                spec,
                new RunConfig(5000, Duration.ofMillis(5), 2, Duration.ofSeconds(1)),
                BackfillConfig.DEFAULT,
                new HttpConfig("127.0.0.1", 0, ""),
                MonitorConfig.DEFAULT,
                new SavepointsConfig(Duration.ofHours(1), 0), // the tests share a server's slots
                CutoverConfig.DEFAULT);
    }
}
