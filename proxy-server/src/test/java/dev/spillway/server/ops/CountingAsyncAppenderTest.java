package dev.spillway.server.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CountingAsyncAppenderTest {
    private final AtomicLong nanos = new AtomicLong();
    private final LoggerContext context = new LoggerContext();
    private final Gate gate = new Gate();
    private final CountingAsyncAppender appender = new CountingAsyncAppender(nanos::get);
    private final Logger logger = context.getLogger("test");

    CountingAsyncAppenderTest() {
        context.setMDCAdapter(new LogbackMDCAdapter());
        gate.setContext(context);
        gate.start();
        appender.setContext(context);
        appender.setQueueSize(2);
        appender.addAppender(gate);
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void stop() {
        gate.open.countDown();
        context.stop();
    }

    @Test
    void linesThatFindTheQueueFullAreCountedAndReportedWhenThereIsRoom() {
        fill();
        logger.error("dropped");
        logger.error("dropped too");
        assertThat(appender.dropped()).isEqualTo(2);

        drain();
        logger.info("room");

        await().untilAsserted(() ->
                assertThat(gate.lines).containsExactly("held", "one", "two", "room", "log lines dropped count=2"));
        assertThat(appender.dropped()).isZero();
    }

    @Test
    void reportsKeepTheirDistance() {
        fill();
        logger.info("dropped");
        nanos.set(-1); // before the first is due
        drain();
        logger.info("early");
        assertThat(appender.dropped()).isEqualTo(1);
        await().until(() -> appender.getNumberOfElementsInQueue() == 0);

        nanos.set(0);
        logger.info("due");

        assertThat(appender.dropped()).isZero();
    }

    @Test
    void stopWritesWhatIsQueuedAndTheLastCount() {
        fill();
        logger.info("dropped");
        drain();

        context.stop();

        assertThat(gate.lines).containsExactly("held", "one", "two", "log lines dropped count=1");
    }

    /** The writer holds one line, the queue the two it has room for. */
    private void fill() {
        logger.info("held");
        await().atMost(Duration.ofSeconds(3))
                .untilAsserted(() -> assertThat(gate.holding.getCount())
                        .as(() ->
                                context.getStatusManager().getCopyOfStatusList().toString())
                        .isZero());
        logger.info("one");
        logger.info("two");
    }

    private void drain() {
        gate.open.countDown();
        await().until(() -> gate.lines.size() == 3);
    }

    /** Keeps the writing thread waiting until it opens. */
    private static final class Gate extends AppenderBase<ILoggingEvent> {
        final CountDownLatch holding = new CountDownLatch(1);
        final CountDownLatch open = new CountDownLatch(1);
        final List<String> lines = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            holding.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lines.add(event.getFormattedMessage());
        }
    }
}
