package dev.spillway.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.status.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DefaultLogTest {
    private static final Path EXAMPLE =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().resolveSibling("config/logback-example.xml");

    private final LoggerContext logs = new LoggerContext();
    private final LoggerContext example = new LoggerContext();

    @AfterEach
    void stop() {
        logs.stop();
        example.stop();
    }

    @Test
    void theExampleLoadsWithoutComplaintAndSaysTheSame() throws JoranException {
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(example);
        configurator.doConfigure(EXAMPLE.toFile());
        InstalledLog.configure(logs);

        assertThat(example.getStatusManager().getCopyOfStatusList())
                .filteredOn(status -> status.getEffectiveLevel() > Status.INFO)
                .isEmpty();
        assertThat(told(logs)).isEqualTo(told(example)).hasSize(4);
    }

    @Test
    void logbackFindsIt() {
        assertThat(ServiceLoader.load(Configurator.class)).hasAtLeastOneElementOfType(DefaultLog.class);
    }

    /** Such as logback-test.xml here. */
    @Test
    void aFileOfOnesOwnGoesFirst() {
        assertThat(new DefaultLog().configure(logs)).isEqualTo(ExecutionStatus.INVOKE_NEXT_IF_ANY);
        assertThat(logs.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders())
                .isExhausted();
    }

    /** What there is to compare. */
    private static List<String> told(LoggerContext logs) {
        List<String> told = new ArrayList<>();
        for (Logger logger : logs.getLoggerList()) {
            if (logger.getLevel() != null) {
                told.add(logger.getName() + " " + logger.getLevel());
            }
            for (Iterator<Appender<ILoggingEvent>> own = logger.iteratorForAppenders(); own.hasNext(); ) {
                CountingAsyncAppender queue = (CountingAsyncAppender) own.next();
                told.add(queue.getName() + " " + queue.getMaxFlushTime() + " " + queue.getQueueSize());
                ConsoleAppender<ILoggingEvent> console = (ConsoleAppender<ILoggingEvent>)
                        queue.iteratorForAppenders().next();
                told.add(console.getName() + " " + console.getTarget() + " "
                        + ((PatternLayoutEncoder) console.getEncoder()).getPattern());
            }
        }
        return told;
    }
}
