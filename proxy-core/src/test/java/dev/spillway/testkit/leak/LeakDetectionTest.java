package dev.spillway.testkit.leak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every leak made here is collected here, so that it does not fail the build. */
class LeakDetectionTest {
    @Test
    void leakedBufferIsReportedWithThePlaceItWasMade() {
        leakUnpooled();

        assertThat(LeakDetection.installed().collect())
                .singleElement()
                .satisfies(report -> assertThat(report)
                        .contains("ByteBuf was not released")
                        .contains("LeakDetectionTest.leakUnpooled"));
    }

    @Test
    void leakIsToldOnce() {
        leakPooled();

        assertThat(LeakDetection.installed().collect()).hasSize(1);
        assertThat(LeakDetection.installed().collect()).isEmpty();
    }

    @Test
    void releasedBufferIsNoLeak() {
        Unpooled.directBuffer(64).release();

        assertThat(LeakDetection.installed().collect()).isEmpty();
    }

    @Test
    void buffersStillInUseAreNoLeak() {
        ByteBuf held = Unpooled.directBuffer(64);

        List<String> whileHeld = LeakDetection.installed().collect();
        held.release();

        assertThat(whileHeld).isEmpty();
    }

    @Test
    void bothEnginesChecksFailTheirClassOnALeak() {
        assertThatCode(LeakDetection::assertNoLeak).doesNotThrowAnyException();

        leakForJupiter();
        assertThatThrownBy(LeakDetectionTest::jupiterCheck).isInstanceOf(AssertionError.class);

        leakForJqwik();
        assertThatThrownBy(LeakDetectionTest::jqwikCheck).isInstanceOf(AssertionError.class);
    }

    @SuppressWarnings("NullAway") // neither check looks at its context
    private static void jupiterCheck() {
        new JupiterLeakCheck().afterAll(null);
    }

    @SuppressWarnings("NullAway")
    private static void jqwikCheck() {
        new JqwikLeakCheck().afterContainer(null);
    }

    // One method per leak: Netty reports leaks with equal traces once per JVM.

    private static void leakUnpooled() {
        UnpooledByteBufAllocator.DEFAULT.directBuffer(64).writeByte(1);
    }

    private static void leakPooled() {
        PooledByteBufAllocator.DEFAULT.directBuffer(64).writeByte(1);
    }

    private static void leakForJupiter() {
        Unpooled.directBuffer(64).writeByte(1);
    }

    private static void leakForJqwik() {
        Unpooled.directBuffer(64).writeByte(1);
    }
}
