package dev.spillway.server.ops;

import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
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
    /** Milliseconds. */
    private static final int MAX_FLUSH_TIME = 2000;

    /** Line breaks inside a message would let a client write lines of its own into the log. */
    private static final String PATTERN =
            "%d{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level [%thread] %replace(%msg){'[\\r\\n]+', ' '}%n%ex";

    @Override
    public ExecutionStatus configure(LoggerContext logs) {
        if (isFileGiven()) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        install(logs);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    static void install(LoggerContext logs) {
        logs.getLogger("io.netty").setLevel(Level.WARN);
        ch.qos.logback.classic.Logger root = logs.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(queue(logs));
    }

    /** Where Logback looks for one. */
    private static boolean isFileGiven() {
        ClassLoader classes = DefaultLog.class.getClassLoader();
        return System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY) != null
                || classes.getResource(ClassicConstants.TEST_AUTOCONFIG_FILE) != null
                || classes.getResource(ClassicConstants.AUTOCONFIG_FILE) != null;
    }

    private static CountingAsyncAppender queue(LoggerContext logs) {
        CountingAsyncAppender queue = new CountingAsyncAppender();
        queue.setContext(logs);
        queue.setName(LogSetup.QUEUE);
        queue.setMaxFlushTime(MAX_FLUSH_TIME);
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
}
