package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.auth.PasswordJudge;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class JudgeThreadsTest {
    private static PasswordJudge judge(String refusal) {
        return (user, password, host) -> refusal;
    }

    @Test
    void aJudgeThatHangsHoldsUpNoOther() throws Exception {
        JudgeThreads threads = new JudgeThreads();
        PasswordJudge hanging = judge("hanging");
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        try {
            for (int i = 0; i < 100; i++) {
                threads.of(hanging).execute(() -> await(end));
            }
            threads.of(judge("other")).execute(answered::countDown);
            assertThat(answered.await(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            end.countDown();
        }
    }

    @Test
    void aJudgeKeepsItsThreads() {
        JudgeThreads threads = new JudgeThreads();
        PasswordJudge judge = judge("kept");
        Executor first = threads.of(judge);
        assertThat(threads.of(judge)).isSameAs(first);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
