package dev.spillway.server.pipeline;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@SuppressWarnings("FutureReturnValueIgnored") // of an embedded channel: done on return
class ConnectionHandlerTest {
    private final List<String> heard = new ArrayList<>();
    private Consumer<ByteBuf> onRead = bytes -> {};
    private final ConnectionHandler wire = new ConnectionHandler(made -> new Recorder("", made));
    private final EmbeddedChannel channel = new EmbeddedChannel(wire);

    @AfterEach
    void nothingIsLeftOver() {
        channel.finishAndReleaseAll();
    }

    @Test
    void phaseHearsWhatArrivesAndWhenThereIsNoMore() {
        channel.writeInbound(bytes("a"), bytes("b"));

        assertThat(heard).containsExactly("read a", "read b", "complete");
    }

    @Test
    void phaseIsMadeOnceAndNotBeforeTheChannelIsActive() throws Exception {
        List<Wire> made = new ArrayList<>();
        ConnectionHandler handler = new ConnectionHandler(side -> {
            made.add(side);
            return new Recorder("", side);
        });
        EmbeddedChannel later = new EmbeddedChannel(false, false, handler);
        assertThat(made).isEmpty();

        later.register();
        later.pipeline().fireChannelActive();

        assertThat(made).containsExactly(handler);
        assertThat(handler.peer()).isEqualTo("embedded");
        later.finishAndReleaseAll();
    }

    @Test
    void nextPhaseHearsWhatComesAfterIt() {
        onRead = bytes -> wire.become(new Recorder("next ", wire));

        channel.writeInbound(bytes("a"), bytes("b"));

        assertThat(heard).containsExactly("read a", "next read b", "next complete");
    }

    @Test
    void aPeerThatTakesNothingCannotPutOffTheEnd() {
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message); // and the promise is never kept
            }
        });
        channel.freezeTime();
        wire.close();
        channel.advanceTimeBy(9, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();

        channel.advanceTimeBy(1, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void flushedBytesLeaveTogetherWhenTheLoopHasDealtWithWhatItRead() {
        wire.write(bytes("a"));
        channel.runPendingTasks();
        assertThat(channel.outboundMessages()).isEmpty();
        onRead = bytes -> { // an embedded channel runs no tasks while it is inside an event
            wire.flush();
            wire.write(bytes("b"));
            wire.flush();
            heard.add("sent " + channel.outboundMessages().size());
        };

        channel.writeOneInbound(bytes("x"));
        channel.runPendingTasks();

        assertThat(heard).containsExactly("read x", "sent 0");
        assertThat(sent()).isEqualTo("ab");
    }

    @Test
    void flushDoesNothingWhenNothingWasWritten() {
        channel.write(bytes("not ours"));

        wire.flush();
        channel.runPendingTasks();

        assertThat(channel.outboundMessages()).isEmpty();
        channel.flush();
    }

    @Test
    void closeSendsWhatWasWrittenFirst() {
        wire.write(bytes("bye"));

        wire.close();
        wire.close();
        channel.runPendingTasks();

        assertThat(sent()).isEqualTo("bye");
        assertThat(channel.isOpen()).isFalse();
        assertThat(heard).containsExactly("closed");
    }

    @Test
    void bytesReadAfterCloseAreReleasedUnheard() {
        ByteBuf late = bytes("late");
        onRead = bytes -> wire.close();

        channel.writeInbound(bytes("last"), late);

        assertThat(late.refCnt()).isZero();
        assertThat(heard).containsExactly("read last", "closed");
    }

    @Test
    void bytesWrittenAfterCloseAreReleased() {
        ByteBuf late = bytes("late");
        wire.close();

        wire.write(late);
        wire.flush();

        assertThat(late.refCnt()).isZero();
        assertThat(sent()).isEmpty();
    }

    @Test
    void endIsHeardOnce() {
        channel.close();
        channel.pipeline().fireChannelInactive();

        assertThat(heard).containsExactly("closed");
    }

    @Test
    void readingStopsAndGoesOn() {
        wire.setReading(false);
        assertThat(channel.config().isAutoRead()).isFalse();

        wire.setReading(true);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void writabilityIsReportedAfterTheVerbThatChangedIt() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));
        onRead = bytes -> { // an embedded channel runs no tasks while it is inside an event
            wire.write(bytes("long enough"));
            heard.add("written");
            wire.flush();
            heard.add("flushed");
        };

        channel.writeOneInbound(bytes("a"));
        channel.runPendingTasks();

        assertThat(heard).containsExactly("read a", "written", "flushed", "writable false", "writable true");
    }

    @Test
    void brokenConnectionEndsQuietly() {
        channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        channel.runPendingTasks();

        assertThat(channel.isOpen()).isFalse();
        assertThat(heard).containsExactly("closed");
    }

    @Test
    void defectOfAPhaseIsLoggedOnceAndEndsTheConnection() {
        onRead = bytes -> {
            throw new IllegalStateException("provoked by a test");
        };
        try (LogTap tap = new LogTap()) {
            channel.writeInbound(bytes("a"), bytes("b"));
            channel.runPendingTasks();
            assertThat(tap.lines).containsExactly("ERROR provoked by a test");
        }

        assertThat(channel.isOpen()).isFalse();
        assertThat(heard).containsExactly("read a", "closed");
    }

    @Test
    void connectionWhosePhaseCannotBeMadeIsClosed() {
        try (LogTap tap = new LogTap()) {
            EmbeddedChannel stillborn = new EmbeddedChannel(new ConnectionHandler(side -> {
                throw new IllegalStateException("provoked by a test");
            }));
            assertThat(stillborn.isOpen()).isFalse();
            assertThat(tap.lines).containsExactly("ERROR provoked by a test");
        }
    }

    private String sent() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            text.append(out.toString(US_ASCII));
            out.release();
        }
        return text.toString();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    /** Writes down what it hears; releases what it reads. */
    private final class Recorder implements Phase {
        private final String prefix;
        private final Wire side;

        Recorder(String prefix, Wire side) {
            this.prefix = prefix;
            this.side = side;
        }

        @Override
        public void onRead(ByteBuf bytes) {
            heard.add(prefix + "read " + bytes.toString(US_ASCII));
            bytes.release();
            onRead.accept(bytes);
        }

        @Override
        public void onReadComplete() {
            heard.add(prefix + "complete");
        }

        @Override
        public void onWritabilityChanged() {
            heard.add(prefix + "writable " + side.isWritable());
        }

        @Override
        public void onClosed() {
            heard.add(prefix + "closed");
        }
    }

    /** While open, the handler's log goes into a list instead. */
    private static final class LogTap extends AppenderBase<ILoggingEvent> implements AutoCloseable {
        private final Logger logger = (Logger) LoggerFactory.getLogger(ConnectionHandler.class);
        final List<String> lines = new ArrayList<>();

        LogTap() {
            start();
            logger.setAdditive(false);
            logger.addAppender(this);
        }

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getLevel() + " " + event.getThrowableProxy().getMessage());
        }

        @Override
        public void close() {
            logger.detachAppender(this);
            logger.setAdditive(true);
        }
    }
}
