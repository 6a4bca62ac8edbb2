package dev.spillway.server.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.protocol.trace.TrafficListener;
import dev.spillway.testkit.Messages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that is watched gets and says the same as one that is not. */
@SuppressWarnings("FutureReturnValueIgnored") // of an embedded channel: done on return
class TrafficTapTest {
    private final List<String> told = new ArrayList<>();
    private final List<String> read = new ArrayList<>();
    private final ConnectionHandler wire = new ConnectionHandler(made -> new RecordingPhase(read));
    private final EmbeddedChannel channel = new EmbeddedChannel(wire);
    private final TrafficTap tap = new TrafficTap(new Recorder());

    @AfterEach
    void nothingIsLeftOver() {
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    private static ByteBuf bytes(byte... bytes) {
        return Unpooled.copiedBuffer(bytes);
    }

    @Test
    void whatPassesIsToldAndStaysAsItIs() {
        tap.begin(wire, () -> 7);
        byte[] query = Messages.query("select 'secret'");
        channel.writeInbound(Unpooled.copiedBuffer(query, 0, 7));
        channel.writeInbound(Unpooled.copiedBuffer(query, 7, query.length - 7));
        wire.write(bytes(Messages.raw('Z', (byte) 'I')));
        wire.flush();
        channel.runPendingTasks();

        assertThat(told).containsExactly("> 7 Query 21 ", "< 7 ReadyForQuery 6 I");
        assertThat(String.join("", read)).isEqualTo(ByteBufUtil.hexDump(query));
        ByteBuf sent = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(sent)).isEqualTo(ByteBufUtil.hexDump(Messages.raw('Z', (byte) 'I')));
        sent.release();
    }

    @Test
    void whoIsWatchedNoLongerHasNothingInTheWay() {
        tap.begin(wire, () -> 0);
        assertThat(channel.pipeline().names()).hasSize(3);
        tap.remove();
        tap.remove();
        channel.runPendingTasks();
        assertThat(channel.pipeline().names()).hasSize(2);
        channel.writeInbound(bytes(Messages.sync()));
        assertThat(told).containsExactly("end");
        assertThat(read).hasSize(1);
    }

    @Test
    void aWatchThatIsUnwantedBeforeItBeginsEndsAtOnce() {
        tap.remove();
        tap.begin(wire, () -> 0);
        channel.runPendingTasks();
        assertThat(channel.pipeline().names()).hasSize(2);
        assertThat(told).containsExactly("end");
    }

    @Test
    void theEndOfTheClientIsToldOnce() {
        tap.begin(wire, () -> 0);
        channel.close();
        channel.runPendingTasks();
        tap.remove();
        assertThat(told).containsExactly("end");
        assertThat(read).containsExactly("closed");
    }

    private final class Recorder implements TrafficListener {
        @Override
        public void onMessage(boolean isFromClient, int server, String name, long lengthBytes, String detail) {
            told.add((isFromClient ? "> " : "< ") + server + ' ' + name + ' ' + lengthBytes + ' ' + detail);
        }

        @Override
        public void onEnd() {
            told.add("end");
        }
    }
}
