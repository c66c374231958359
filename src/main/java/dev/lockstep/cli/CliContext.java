package dev.lockstep.cli;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/** What every command needs; made before the command line is read, asked while the command runs. */
final class CliContext {

    private final RootCommand options;
    private final Map<String, String> environment;
    private final Output output;
    private final PrintStream err;

    CliContext(RootCommand options, Map<String, String> environment, Output output, PrintStream err) {
        this.options = options;
        this.environment = environment;
        this.output = output;
        this.err = err;
    }

    /**
     * The configuration file of {@code -c}.
     *
     * @throws dev.lockstep.model.LockstepException when it is wrong
     */
    LockstepConfig config() {
        return ConfigLoader.load(options.config, environment);
    }

    /** Where the configuration is read from. */
    Path configFile() {
        return options.config;
    }

    /** The database of {@code config}; not connected yet. */
    Database database(LockstepConfig config) {
        return new Database(config.database(), config.name());
    }

    Output output() {
        return output;
    }

    /** For progress: stdout is the result's alone. */
    PrintStream err() {
        return err;
    }

    Map<String, String> environment() {
        return environment;
    }
}
