package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Handles;
import dev.lockstep.model.LockstepException;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.EvidenceLog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code evidence}: 0 when the chain is whole, 1 when a row was changed or is missing. */
@Command(
        name = "evidence",
        description = "Shows what was verified, decided and done; each row is chained to the one before it.")
final class EvidenceCommand implements Callable<Integer> {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final CliContext context;

    @Option(names = "--export", paramLabel = "FILE", description = "Write all of it to one JSON file.")
    private @Nullable Path export;

    @Option(names = "--check", paramLabel = "FILE", description = "Check such a file; needs no database.")
    private @Nullable Path check;

    EvidenceCommand(CliContext context) {
        this.context = context;
    }

    /** One file. */
    record Exported(String name, List<EvidenceLog.Link> chain) {}

    @Override
    public Integer call() throws SQLException {
        if (check != null && export != null) {
            throw LockstepException.wrongInput("--export or --check, not both");
        }
        if (check != null) {
            return show(read(check).chain(), "");
        }
        LockstepConfig config = context.config();
        try (Connection connection = context.database(config).open("evidence")) {
            ControlSchema.require(connection, config.name());
            List<EvidenceLog.Link> chain =
                    Handles.ask(connection, handle -> new EvidenceLog(config.name()).chain(handle));
            if (export == null) {
                return show(chain, "");
            }
            write(export, new Exported(config.name(), chain));
            return show(chain, "written to " + export);
        }
    }

    private int show(List<EvidenceLog.Link> chain, String last) {
        List<String> faults = EvidenceLog.faults(chain);
        context.output()
                .show(
                        Map.of("whole", faults.isEmpty(), "rows", chain.size(), "faults", faults),
                        out -> print(chain, faults, last, out));
        return faults.isEmpty() ? 0 : 1;
    }

    private static void print(List<EvidenceLog.Link> chain, List<String> faults, String last, PrintStream out) {
        for (EvidenceLog.Link link : chain) {
            out.printf(
                    Locale.ROOT,
                    "%5d  %-8s  %s  %-5s  as of %s  by %s%n",
                    link.id(),
                    link.kind(),
                    link.endedAt(),
                    link.clean() ? "yes" : "NO",
                    link.asOf(),
                    link.madeBy());
        }
        faults.forEach(fault -> out.println("NOT WHOLE: " + fault));
        out.println(chain.size() + " rows" + (faults.isEmpty() ? ", each follows from the one before" : ""));
        if (!last.isEmpty()) {
            out.println(last);
        }
    }

    private static Exported read(Path file) {
        try {
            return JSON.readValue(Files.readString(file), Exported.class);
        } catch (JsonProcessingException e) {
            throw LockstepException.wrongInput(file + " is not what `lockstep evidence --export` writes (line "
                    + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()) + ")");
        } catch (IOException e) {
            throw LockstepException.wrongInput(file + " cannot be read: is it there, and may you read it?");
        }
    }

    /** Beside the file first, so that there never is half of one. */
    private static void write(Path file, Exported exported) {
        try {
            Path whole = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(whole, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(exported));
            Files.move(whole, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw LockstepException.notDone(
                    file + " cannot be written (" + e.getClass().getSimpleName() + ")", e);
        }
    }
}
