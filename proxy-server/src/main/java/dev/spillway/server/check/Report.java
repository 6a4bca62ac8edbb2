package dev.spillway.server.check;

import dev.spillway.server.check.Finding.Level;
import dev.spillway.server.json.Json;
import java.util.ArrayList;
import java.util.List;

/** What a check has found, for people and for programs. Immutable. */
public record Report(List<Finding> findings) {
    public Report {
        findings = List.copyOf(findings);
    }

    /** The same with {@code more} before it. */
    public Report after(List<Finding> more) {
        List<Finding> all = new ArrayList<>(more);
        all.addAll(findings);
        return new Report(all);
    }

    /** 0: nothing is wrong; 1: there are warnings; 2: there are errors. */
    public int exitCode() {
        return isAny(Level.ERROR) ? 2 : isAny(Level.WARNING) ? 1 : 0;
    }

    private boolean isAny(Level level) {
        return findings.stream().anyMatch(finding -> finding.level() == level);
    }

    private long count(Level level) {
        return findings.stream().filter(finding -> finding.level() == level).count();
    }

    /** For people: a paragraph for each finding, then the sum. */
    public String text() {
        StringBuilder out = new StringBuilder(1024);
        for (Finding finding : findings) {
            out.append(String.format("%-8s", finding.level().word()))
                    .append(finding.where())
                    .append("\n        ")
                    .append(clean(finding.text()))
                    .append('\n');
            if (!finding.change().isEmpty()) {
                out.append("        -> ").append(clean(finding.change())).append('\n');
            }
        }
        return out.append(count(Level.ERROR))
                .append(" errors, ")
                .append(count(Level.WARNING))
                .append(" warnings\n")
                .toString();
    }

    /** What servers say may hold anything. */
    private static String clean(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ");
    }

    /** For programs: one object. */
    public String json() {
        Json json = new Json()
                .object()
                .put("exit_code", exitCode())
                .put("errors", count(Level.ERROR))
                .put("warnings", count(Level.WARNING))
                .array("findings");
        for (Finding finding : findings) {
            json.object()
                    .put("level", finding.level().word())
                    .put("code", finding.code())
                    .put("where", finding.where())
                    .put("text", finding.text())
                    .put("change", finding.change())
                    .endObject();
        }
        return json.endArray().endObject().toString();
    }
}
