package dev.spillway.server.pipeline;

import dev.spillway.core.session.Phase;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;

/** Notes what it reads, as hexadecimal digits, and that it was closed. */
record RecordingPhase(List<String> events) implements Phase {
    @Override
    public void onRead(ByteBuf bytes) {
        events.add(ByteBufUtil.hexDump(bytes));
        bytes.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onClosed() {
        events.add("closed");
    }
}
