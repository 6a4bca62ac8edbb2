package dev.spillway.core.session;

import dev.spillway.core.pool.HostBudget;
import dev.spillway.core.pool.HostReading;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.backend.TextRow;
import org.jspecify.annotations.Nullable;

/**
 * A server is asked how many connections its PostgreSQL has and who uses them; one that must not say who is asked again for the rest.
 *
 * <p>Belongs to whoever {@linkplain HostBudget#claimReading claimed} the reading, sends what {@link #next} says as a Query and tells
 * it of all that comes back. However it ends, the budget is told once. Without I/O; owns no buffer.
 */
final class HostQuestion {
    private final HostBudget budget;
    private @Nullable HostReading reading;
    private @Nullable ErrorFields error;
    private @Nullable String problem;
    private boolean isWithoutOthers;
    private boolean isOver;

    HostQuestion(HostBudget budget) {
        this.budget = budget;
    }

    /** The server is ready: what it has to be asked next; null when there is nothing left. */
    @Nullable
    String next(long nowNanos) {
        if (isOver) {
            return null;
        }
        HostReading answer = reading;
        ErrorFields refusal = error;
        boolean mayAskForLess = answer == null
                || (refusal != null && refusal.sqlstate().equals(Sqlstate.INSUFFICIENT_PRIVILEGE) && !isWithoutOthers);
        if (mayAskForLess) {
            isWithoutOthers = answer != null;
            error = null;
            reading = new HostReading(!isWithoutOthers);
            return isWithoutOthers ? HostReading.SQL_WITHOUT_OTHERS : HostReading.SQL;
        }
        isOver = true;
        if (refusal != null) {
            budget.onNotRead(refusal.message(), nowNanos);
        } else if (answer == null || problem != null || !answer.isUseful()) {
            budget.onNotRead(problem == null ? "it does not say how many connections it has" : problem, nowNanos);
        } else {
            budget.onRead(answer, nowNanos);
        }
        return null;
    }

    /** It is not answered any more. */
    void leave() {
        if (!isOver) {
            isOver = true;
            budget.onReadingAbandoned();
        }
    }

    /** Something has come that is neither ReadyForQuery nor ParameterStatus; borrows the current frame. */
    void onMessage(FrameReader frames) {
        if (frames.type() == BackendType.ERROR_RESPONSE) {
            error = ErrorFields.read(frames);
        } else if (frames.type() == BackendType.DATA_ROW) {
            onRow(frames);
        }
    }

    private void onRow(FrameReader frames) {
        HostReading answer = reading;
        if (answer == null || !frames.isComplete()) {
            problem = "it says too much";
            return;
        }
        try {
            if (!answer.add(TextRow.read(frames.body()))) {
                problem = "it does not answer what it is asked";
            }
        } catch (ProtocolViolation e) {
            problem = e.text();
        }
    }
}
