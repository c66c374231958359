package dev.lockstep.check;

import dev.lockstep.model.Finding;
import dev.lockstep.model.Finding.Severity;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code check} found.
 *
 * @param server address and version, for a reader
 * @param findings the gravest first
 */
public record CheckReport(String server, List<Finding> findings) {

    public CheckReport {
        findings = List.copyOf(findings);
    }

    /** Whether nothing stands in the way. */
    public boolean ok() {
        return count(Severity.ERROR) == 0;
    }

    /** {@code ok} and {@code findings[].severity/.id/.message/.remedy}. */
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("ok", ok());
        json.put("server", server);
        json.put("findings", findings.stream().map(CheckReport::json).toList());
        return json;
    }

    public void print(PrintStream out) {
        for (Finding finding : findings) {
            out.printf("%-8s %s: %s%n", word(finding.severity()), finding.id(), finding.message());
            if (!finding.remedy().isEmpty()) {
                out.printf("%-8s   %s%n", "", finding.remedy());
            }
        }
        out.printf(
                "%s: %d errors, %d warnings, %d notes on %s%n",
                ok() ? "ready" : "not ready",
                count(Severity.ERROR),
                count(Severity.WARNING),
                count(Severity.INFO),
                server);
    }

    private long count(Severity severity) {
        return findings.stream().filter(f -> f.severity() == severity).count();
    }

    private static Map<String, String> json(Finding finding) {
        Map<String, String> json = new LinkedHashMap<>();
        json.put("severity", word(finding.severity()));
        json.put("id", finding.id());
        json.put("message", finding.message());
        json.put("remedy", finding.remedy());
        return json;
    }

    private static String word(Severity severity) {
        return severity.name().toLowerCase(Locale.ROOT);
    }
}
