package dev.spillway.server.lane;

import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.session.SessionPorts;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Others are asked about passwords elsewhere, and their answers come back. Confined to its lane. */
final class Questions {
    private static final Logger LOG = LoggerFactory.getLogger(Questions.class);

    private final Executor work;
    private final Executor lane;

    /** {@code work} asks, and {@code lane} hears of it. */
    Questions(Executor work, Executor lane) {
        this.work = work;
        this.lane = lane;
    }

    /** See {@link SessionPorts#ask}. */
    void ask(PasswordQuestion question, SessionPorts.Judged done) {
        work.execute(() -> {
            String refusal = answer(question);
            lane.execute(() -> done.judged(refusal));
        });
    }

    private static @Nullable String answer(PasswordQuestion question) {
        try {
            return question.ask();
        } catch (RuntimeException | Error e) {
            LOG.error("a question about a password has failed", e);
            return "nobody could be asked: " + e;
        }
    }
}
