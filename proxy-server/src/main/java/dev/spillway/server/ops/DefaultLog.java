package dev.spillway.server.ops;

import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.DefaultJoranConfigurator;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;

/**
 * The log as it is where nobody has a {@code logback.xml} of his own: lines on standard output, by {@link
 * CountingAsyncAppender}. {@code config/logback-example.xml} says the same; what reads that is four hundred classes, which an
 * idle proxy does without.
 *
 * <p>Found and called by Logback, once.
 */
public final class DefaultLog extends ContextAwareBase implements Configurator {
    private static final int MAX_FLUSH_MILLIS = 2000;

    /** Line breaks inside a message would let a client write lines of its own into the log. */
    private static final String PATTERN =
            "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level [%thread] %replace(%msg){'[\\r\\n]+', ' '}%n%ex";

    @Override
    public ExecutionStatus configure(LoggerContext logs) {
        Search search = new Search();
        search.setContext(logs);
        if (search.findsFile()) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        install(logs);
        String wanted = System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY);
        if (wanted != null) {
            logs.getLogger(DefaultLog.class)
                    .warn("{} has no effect: there is no {}", ClassicConstants.CONFIG_FILE_PROPERTY, wanted);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    static void install(LoggerContext logs) {
        logs.getLogger("io.netty").setLevel(Level.WARN);
        ch.qos.logback.classic.Logger root = logs.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(queue(logs));
    }

    private static CountingAsyncAppender queue(LoggerContext logs) {
        CountingAsyncAppender queue = new CountingAsyncAppender();
        queue.setContext(logs);
        queue.setName(LogSetup.QUEUE);
        queue.setMaxFlushTime(MAX_FLUSH_MILLIS);
        queue.addAppender(console(logs));
        queue.start();
        return queue;
    }

    private static ConsoleAppender<ILoggingEvent> console(LoggerContext logs) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(logs);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(logs);
        console.setName("stdout");
        console.setEncoder(encoder);
        console.start();
        return console;
    }

    /** Looks where Logback does. */
    private static final class Search extends DefaultJoranConfigurator {
        boolean findsFile() {
            return performMultiStepConfigurationFileSearch(false) != null;
        }
    }
}
