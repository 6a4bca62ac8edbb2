package dev.spillway.server;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.cli.SpillwayCommand;
import java.io.IOException;
import org.slf4j.LoggerFactory;

/** The entry point. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(SpillwayCommand.commandLine(Main::run, System.getenv()).execute(args));
    }

    private static int run(ProxyConfig config) {
        try {
            Proxy proxy = Proxy.start(config);
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(proxy::stop));
            proxy.awaitStop();
            return 0;
        } catch (IOException e) {
            LoggerFactory.getLogger(Main.class).error("{}", e.getMessage());
            return 1;
        }
    }
}
