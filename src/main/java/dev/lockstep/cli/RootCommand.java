package dev.lockstep.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code lockstep} itself: the options that every command takes, before or after its name. */
@Command(
        name = "lockstep",
        description = "Keeps agent columns in step with persona columns while legacy writers go on writing.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = RootCommand.Version.class)
final class RootCommand implements Runnable {

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            defaultValue = "lockstep.yaml",
            scope = ScopeType.INHERIT,
            description = "The configuration file (${DEFAULT-VALUE}).")
    Path config = Path.of("lockstep.yaml");

    @Option(
            names = "--output",
            paramLabel = "human|json",
            defaultValue = "human",
            scope = ScopeType.INHERIT,
            description = "How the result is printed (${DEFAULT-VALUE}).")
    Output.Form output = Output.Form.human;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command? " + commands());
    }

    private String commands() {
        return String.join(", ", spec.subcommands().keySet());
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = RootCommand.class.getPackage().getImplementationVersion();
            return new String[] {"lockstep " + (version == null ? "(unpackaged build)" : version)};
        }
    }
}
