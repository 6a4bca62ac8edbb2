package dev.spillway.server.lane;

import dev.spillway.core.auth.PasswordJudge;
import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.session.SessionPorts;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Others are asked about passwords elsewhere, and their answers come back. Confined to its lane. */
final class Questions {
    private static final Logger LOG = LoggerFactory.getLogger(Questions.class);

    private final Function<PasswordJudge, Executor> work;
    private final Executor lane;

    /** {@code work} of a judge asks it, and {@code lane} hears of it. */
    Questions(Function<PasswordJudge, Executor> work, Executor lane) {
        this.work = work;
        this.lane = lane;
    }

    /** See {@link SessionPorts#ask}. */
    void ask(PasswordQuestion question, SessionPorts.Judged done) {
        work.apply(question.judge()).execute(() -> {
            String refusal = answer(question);
            try {
                lane.execute(() -> done.judged(refusal));
            } catch (RejectedExecutionException e) {
                LOG.debug("an answer about a password came after the end", e);
            }
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
