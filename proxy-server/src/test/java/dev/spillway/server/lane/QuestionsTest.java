package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.spillway.core.auth.PasswordJudge;
import dev.spillway.core.auth.PasswordQuestion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class QuestionsTest {
    private final Map<PasswordJudge, List<Runnable>> asked = new HashMap<>();
    private final List<Runnable> lane = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final Questions questions =
            new Questions(judge -> asked.computeIfAbsent(judge, _ -> new ArrayList<>())::add, lane::add);

    private void ask(Questions questions, PasswordJudge judge) {
        questions.ask(
                new PasswordQuestion(judge, "app", new byte[] {1}, null), refusal -> told.add(String.valueOf(refusal)));
    }

    private void answer(PasswordJudge judge) {
        asked.getOrDefault(judge, List.of()).forEach(Runnable::run);
    }

    private void runLane() {
        lane.forEach(Runnable::run);
        lane.clear();
    }

    @Test
    void aJudgeIsAskedOnItsThreadsAndHeardOnTheLane() {
        PasswordJudge one = (user, password, host) -> null;
        PasswordJudge other = (user, password, host) -> "not " + user;
        ask(questions, one);
        ask(questions, other);
        assertThat(asked).containsOnlyKeys(one, other);

        answer(other);
        assertThat(told).isEmpty();
        runLane();
        assertThat(told).containsExactly("not app");

        answer(one);
        runLane();
        assertThat(told).containsExactly("not app", "null");
    }

    @Test
    void aJudgeThatFailsLetsNobodyIn() {
        PasswordJudge broken = (user, password, host) -> {
            throw new IllegalStateException("broken");
        };
        ask(questions, broken);
        answer(broken);
        runLane();

        assertThat(told).containsExactly("nobody could be asked: java.lang.IllegalStateException: broken");
    }

    @Test
    void anAnswerAfterTheEndIsNobodysBusiness() {
        Questions ended = new Questions(judge -> Runnable::run, task -> {
            throw new RejectedExecutionException("terminated");
        });

        assertThatCode(() -> ask(ended, (user, password, host) -> null)).doesNotThrowAnyException();
        assertThat(told).isEmpty();
    }
}
