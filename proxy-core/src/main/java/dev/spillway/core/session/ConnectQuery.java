package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.FrameRules;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.BaseQuestion;
import dev.spillway.core.session.state.Snapshot;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What runs on a server between its login and its first client, where a connect_query is configured: that query, a question
 * which settings it has made, and a try to put these into force as it will be done for each client. They are the {@linkplain
 * #base base} of this server from then on.
 *
 * <p>Belongs to one {@link ServerLogin}, which sends what {@link #next} says and tells it of all that comes back. Rows and
 * notices are nobody's; an error, a COPY or a transaction that is left open makes the server useless, for its clients would
 * find something else than was asked for. Without I/O; owns no buffer.
 */
final class ConnectQuery {
    /** A row of the answer to our question must be seen whole. */
    static final FrameRules RULES = BackendType.READY_RULES.allow(BackendType.DATA_ROW, Integer.MAX_VALUE - 1, 1 << 20);

    /** Classes of SQLSTATE that may pass: connection, rollback, resources, locks, intervention, system. */
    private static final Set<String> PASSING = Set.of("08", "40", "53", "55", "57", "58");

    private enum Step {
        LOGIN,
        QUERY,
        QUESTION,
        TRY,
        DONE
    }

    private final String sql;
    private final BaseQuestion question;
    private Step step = Step.LOGIN;
    private @Nullable String problem;
    private boolean mayPass;

    /** {@code sql} empty: nothing runs. */
    ConnectQuery(String sql) {
        this.sql = sql;
        this.question = new BaseQuestion(sql);
    }

    /** The server is ready: what it has to run next; null when there is nothing left, or a {@link #problem}. */
    @Nullable
    String next(byte status) {
        if (isRunning() && status != 'I') {
            note("it leaves a transaction open");
        }
        if (step == Step.QUESTION) {
            note(question.problem());
        }
        if (problem != null) {
            return null;
        }
        step = following();
        return switch (step) {
            case QUERY -> sql;
            case QUESTION -> question.sql();
            case TRY -> base().restoreSql();
            case LOGIN, DONE -> null;
        };
    }

    private Step following() {
        return switch (step) {
            case LOGIN -> sql.isEmpty() ? Step.DONE : Step.QUERY;
            case QUERY -> Step.QUESTION;
            case QUESTION -> base().settings().isEmpty() ? Step.DONE : Step.TRY;
            case TRY, DONE -> Step.DONE;
        };
    }

    /** Does the server work for us now? */
    boolean isRunning() {
        return step != Step.LOGIN && step != Step.DONE;
    }

    /** Something has come that is neither ReadyForQuery nor ParameterStatus; borrows the current frame. */
    void onMessage(FrameReader frames) {
        switch (frames.type()) {
            case BackendType.ERROR_RESPONSE -> onError(frames);
            case BackendType.COPY_IN_RESPONSE, BackendType.COPY_BOTH_RESPONSE ->
                note("it begins a COPY, for which there is no data");
            case BackendType.DATA_ROW -> onRow(frames);
            default -> {
                // nobody is there to read it
            }
        }
    }

    private void onRow(FrameReader frames) {
        if (step == Step.QUESTION && frames.isComplete()) {
            question.read(frames.body());
        } else if (step == Step.QUESTION) {
            note("it makes a setting too long to be put into force for each client");
        }
    }

    private void onError(FrameReader frames) {
        if (!frames.isComplete()) {
            note("an error too long to be read");
            return;
        }
        ErrorFields error = ErrorFields.read(frames.body());
        String text = error.sqlstate() + " " + error.message();
        note(step == Step.TRY ? "what it sets cannot be set again for each client: " + text : text);
        mayPass = error.sqlstate().length() == 5
                && PASSING.contains(error.sqlstate().substring(0, 2));
        step = Step.DONE;
    }

    private void note(@Nullable String what) {
        if (problem == null) {
            problem = what;
        }
    }

    /** Why the server cannot be used; null: it can. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Might trying again help? */
    boolean mayPass() {
        return mayPass;
    }

    /** What it has set. */
    Snapshot base() {
        return question.base();
    }
}
