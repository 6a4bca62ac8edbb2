package dev.spillway.server;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.check.Check;
import dev.spillway.server.check.Finding;
import dev.spillway.server.check.Finding.Level;
import dev.spillway.server.check.Report;
import dev.spillway.server.cli.CheckRunner;
import dev.spillway.server.ops.AuthFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code spillway check}: what was strange about the configuration, what its files say, then its servers. Blocks meanwhile. */
final class CheckRun {
    private CheckRun() {}

    static CheckRunner.Result run(ProxyConfig config, List<String> doubts, int instances) {
        List<Finding> first = new ArrayList<>();
        doubts.forEach(doubt -> first.add(configuration(Level.WARNING, doubt)));
        Report report;
        try {
            AuthFiles.doubts(config).forEach(doubt -> first.add(configuration(Level.WARNING, doubt)));
            report = Check.run(config, AuthFiles.read(config).secrets(), instances);
        } catch (IOException e) {
            first.add(configuration(Level.ERROR, String.valueOf(e.getMessage())));
            report = new Report(List.of());
        }
        Report whole = report.after(first);
        return new CheckRunner.Result(whole.text(), whole.json(), whole.exitCode());
    }

    private static Finding configuration(Level level, String text) {
        return new Finding(level, "configuration", "configuration", text, "");
    }
}
