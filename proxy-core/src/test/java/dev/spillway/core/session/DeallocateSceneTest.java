package dev.spillway.core.session;

import static dev.spillway.core.session.StatementScene.bind;
import static dev.spillway.core.session.StatementScene.close;
import static dev.spillway.core.session.StatementScene.execute;
import static dev.spillway.core.session.StatementScene.parse;
import static dev.spillway.core.session.StatementScene.query;
import static dev.spillway.core.session.StatementScene.sync;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Layer (c): a DEALLOCATE that comes as a statement without a name. */
class DeallocateSceneTest {
    private static final String AS_PLACEHOLDER = "P::DEALLOCATE \"spillway_0\"";

    private StatementScene scene = new StatementScene(2, 1);

    @AfterEach
    void nothingIsLeft() {
        scene.end();
        assertThat(scene.ports.statements.size()).isZero();
    }

    private StatementScene.Client client(int number) {
        return scene.client(number);
    }

    private StatementScene.Server server() {
        return scene.server(0);
    }

    /** Client 0 has parsed a DEALLOCATE of s1, and only then prepared s1. */
    private void parsedBeforeItsName() {
        client(0).says(deallocate("s1"), sync());
        server();
        server().says("1 Z");
        server().heard();
        client(0).says(parse("s1", "select 1"), sync());
        server().says("p Z");
        server().heard();
        client(0).heard();
    }

    /** Client 0 has prepared s1, and server 0 knows it as spillway_1. */
    private void prepared() {
        client(0).says(parse("s1", "select 1"), sync());
        server();
        server().heard();
        server().says("p Z");
        client(0).heard();
    }

    private static byte[] deallocate(String name) {
        return parse("", "DEALLOCATE " + name);
    }

    @Test
    void itTakesTheClientsName() {
        prepared();
        client(0).says(deallocate("s1"), bind(""), execute(), sync());
        assertThat(server().heard()).isEqualTo(AS_PLACEHOLDER + " P:spillway_0: B:: E S");
        server().says("1 1 2 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("1 2 C ZI");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("B::s1 S");
        server().says("E26000:\"s1\"_does_not_exist Z");
        assertThat(server().prepared()).isOne();
    }

    @Test
    void aSecondRunFindsNoneAndSaysTheClientsName() {
        prepared();
        client(0).says(deallocate("s1"), bind(""), execute(), sync());
        server().says("1 1 2 C:DEALLOCATE Z");
        client(0).heard();
        server().heard();
        client(0).says(bind(""), execute(), sync());
        assertThat(server().heard()).endsWith("B:: E S").doesNotContain("spillway_0:");
        server().says("1 2 E26000:\"spillway_0\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("2 E26000:\"s1\" does not exist ZI");
        assertThat(server().prepared()).as("it was no surprise").isOne();
    }

    @Test
    void aPlaceholderThatIsThereForAnotherReasonIsNotFound() {
        prepared();
        client(0).says(deallocate("s1"), bind(""), execute(), sync());
        server().says("1 1 2 C:DEALLOCATE Z");
        client(0).says(parse("s2", "select 2"), sync());
        server().says("p Z");
        client(0).says(parse("s2", "select 2"), sync());
        server().says("1 E42P05:\"spillway_0\"_already_exists Z");
        server().heard();
        client(0).heard();
        client(0).says(bind(""), execute(), sync());
        assertThat(server().heard()).contains("C:S:spillway_0 B:: E S");
        server().says("1 3 2 E26000:\"spillway_0\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("2 E26000:\"s1\" does not exist ZI");
    }

    @Test
    void whatDoesNotRunTakesNothing() {
        prepared();
        client(0).says(query("begin; select 1/0"));
        server().says("C:BEGIN E22012:zero ZE");
        client(0).heard();
        server().heard();
        client(0).says(deallocate("s1"), bind(""), execute(), sync());
        server().says("E25P02:aborted ZE");
        assertThat(client(0).heard()).isEqualTo("E25P02:aborted ZE");
        client(0).says(query("rollback"));
        server().says("C:ROLLBACK Z");
        server().heard();
        client(0).says(query("deallocate of_sql"));
        server().says("C:DEALLOCATE Z");
        server().heard();
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).as("s1 is still there").contains("B::spillway_1");
        server().says("2 Z");
    }

    @Test
    void norIsItTakenByTheNextWithinTheSameTransaction() {
        prepared();
        client(0).says(query("begin; savepoint a; select 1/0"));
        server().says("C:BEGIN C:SAVEPOINT E22012:zero ZE");
        client(0).says(deallocate("s1"), bind(""), execute(), sync());
        server().says("E25P02:aborted ZE");
        client(0).says(query("rollback to a"));
        server().says("C:ROLLBACK ZT");
        client(0).says(query("deallocate of_sql"));
        server().says("C:DEALLOCATE ZT");
        server().heard();
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).as("s1 is still there").contains("B::spillway_1");
    }

    @Test
    void theNextWaitsForTheOneBefore() {
        prepared();
        client(0).says(parse("s2", "select 2"), sync());
        server().says("p Z");
        server().heard();
        client(0).heard();
        client(0).says(deallocate("s1"), bind(""), execute(), deallocate("s2"), bind(""), execute(), sync());
        assertThat(server().heard()).isEqualTo(AS_PLACEHOLDER + " P:spillway_0: B:: E " + AS_PLACEHOLDER + " H");
        server().says("1 1 2 C:DEALLOCATE 1");
        assertThat(server().heard()).isEqualTo("P:spillway_0: B:: E S");
        server().says("1 2 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("1 2 C 1 2 C ZI");
        client(0).says(bind("s2"), sync());
        assertThat(server().heard()).isEqualTo("B::s2 S");
        server().says("E26000:\"s2\"_does_not_exist Z");
    }

    @Test
    void itIsNotKnownWhichRemainsWhereTheNextMayBeDiscarded() {
        prepared();
        client(0).says(deallocate("s1"), sync());
        client(0).says(parse("s3", "selec"), parse("", "select 2"), sync());
        server().says("1 Z");
        client(0).says(bind(""), execute(), sync());
        assertThat(server().heard()).endsWith("P::select 2 S");
        server().says("E42601:syntax Z");
        assertThat(server().heard()).isEqualTo(AS_PLACEHOLDER + " P:spillway_0: B:: E S");
        server().says("1 1 2 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("1 ZI E42601:syntax ZI 2 C ZI");
    }

    @Test
    void norWhetherTheNextIsOneWhereItMayBeDiscarded() {
        prepared();
        client(0).says(parse("", "select 2"), sync());
        client(0).says(parse("s3", "selec"), deallocate("s1"), sync());
        server().says("1 Z");
        client(0).says(bind(""), execute(), sync());
        assertThat(server().heard()).endsWith(AS_PLACEHOLDER + " S");
        server().says("E42601:syntax Z");
        assertThat(server().heard()).isEqualTo("P::select 2 B:: E S");
        server().says("1 2 C:SELECT Z");
        assertThat(client(0).heard()).isEqualTo("1 ZI E42601:syntax ZI 2 C ZI");
    }

    @Test
    void itWaitsWhereAnEarlierCloseOfItsNameMayBeDiscarded() {
        prepared();
        client(0).says(parse("", "selec"), close("s1"), sync());
        client(0).says(deallocate("s1"), bind(""), execute(), sync());
        assertThat(server().heard()).endsWith("P::selec S").doesNotContain("DEALLOCATE");
        server().says("E42601:syntax Z");
        assertThat(server().heard()).isEqualTo(AS_PLACEHOLDER + " P:spillway_0: B:: E S");
        server().says("1 1 2 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("E42601:syntax ZI 1 2 C ZI");
    }

    @Test
    void onAnotherServerItIsParsedAgainAsItWasSent() {
        scene = new StatementScene(2, 2);
        prepared();
        client(0).says(deallocate("s1"), sync());
        server().says("1 Z");
        client(1).says(query("begin"));
        server().says("C:BEGIN ZT");
        client(0).heard();
        client(0).says(bind(""), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo(AS_PLACEHOLDER + " P:spillway_0: B:: E S");
        scene.server(1).says("1 1 2 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("2 C ZI");
    }

    @Test
    void aNameThatIsGivenAfterItWasParsedIsTakenToo() {
        parsedBeforeItsName();
        client(0).says(bind(""), execute(), sync());
        assertThat(server().heard()).endsWith(AS_PLACEHOLDER + " P:spillway_0: B:: E S");
        server().says("1 1 2 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("2 C ZI");
    }

    @Test
    void butNotIfItWasClosedMeanwhile() {
        parsedBeforeItsName();
        client(0).says(close(""), bind(""), execute(), sync());
        assertThat(server().heard()).doesNotContain("P:");
    }

    @Test
    void aNameLikeOursReachesNothing() {
        prepared();
        client(1).says(deallocate("spillway_1"), bind(""), execute(), sync());
        assertThat(server().heard()).isEqualTo("P::DEALLOCATE \"spillway?1\" B:: E S");
        server().says("1 2 E26000:\"spillway?1\"_does_not_exist Z");
        assertThat(client(1).heard()).isEqualTo("1 2 E26000:\"spillway_1\" does not exist ZI");
        assertThat(server().prepared()).isOne();
    }
}
