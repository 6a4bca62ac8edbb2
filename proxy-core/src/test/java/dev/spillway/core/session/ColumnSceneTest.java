package dev.spillway.core.session;

import static dev.spillway.core.session.StatementScene.bind;
import static dev.spillway.core.session.StatementScene.close;
import static dev.spillway.core.session.StatementScene.describe;
import static dev.spillway.core.session.StatementScene.describePortal;
import static dev.spillway.core.session.StatementScene.execute;
import static dev.spillway.core.session.StatementScene.parse;
import static dev.spillway.core.session.StatementScene.query;
import static dev.spillway.core.session.StatementScene.sync;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Layer (c): servers on which the columns of a statement are not those that its client was told. */
class ColumnSceneTest {
    private final StatementScene scene = new StatementScene(2, 2);

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

    /** Client 0 knows that spillway_1, which server 0 has, has a column; server 0 is taken, so that server 1 is next. */
    private void toldOfOneColumn(String column) {
        client(0).says(parse("s1", "select 1"), describe("s1"), sync());
        server();
        server().heard();
        server().says("1 t T:%s t T:%s Z".formatted(column, column));
        client(1).says(query("begin"));
        server().says("C:BEGIN ZT");
        client(0).heard();
        server().heard();
    }

    @Test
    void whoKnowsTheColumnsWaitsUntilAnotherServerHasToldItsOwn() {
        toldOfOneColumn("a");
        client(0).says(bind("s1"), execute(), sync());
        assertThat(scene.server(1).heard())
                .startsWith("P:spillway_1:select 1 D:S:spillway_1 H")
                .doesNotContain("B");
        scene.server(1).says("1 t T:a");
        assertThat(scene.server(1).heard()).isEqualTo("B::spillway_1 E S");
        scene.server(1).says("2 C Z");
        assertThat(client(0).heard()).isEqualTo("2 C ZI");
        client(0).says(bind("s1"), execute(), sync());
        assertThat(scene.server(1).heard()).as("once is enough").isEqualTo("B::spillway_1 E S");
        scene.server(1).says("2 C Z");
    }

    @Test
    void whoKnowsOtherColumnsIsRefusedAndNothingIsRun() {
        refusedAndToldAnew();
    }

    private void refusedAndToldAnew() {
        toldOfOneColumn("a");
        client(0).says(bind("s1"), execute(), sync());
        scene.server(1).heard();
        scene.server(1).says("1 t T:b");
        assertThat(scene.server(1).heard()).isEqualTo("B::spillway_? E S");
        scene.server(1).says("E26000:\"spillway_?\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("E0A000:cached plan must not change result type ZI");
        client(0).says(close("s1"), parse("s1", "select 1"), bind("s1"), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("B::spillway_1 E S");
        scene.server(1).says("2 C Z");
        assertThat(client(0).heard()).isEqualTo("3 1 2 C ZI");
    }

    @Test
    void whatIsRightForOneServerIsMadeAnewOnAnother() {
        refusedAndToldAnew();
        client(1).says(query("commit"));
        server().says("C:COMMIT Z");
        scene.server(1).heard();
        server().heard();
        client(0).says(bind("s1"), execute(), sync());
        assertThat(server().heard())
                .startsWith("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1 H")
                .doesNotContain("B");
        server().says("3 1 t T:b");
        assertThat(server().heard()).isEqualTo("B::spillway_1 E S");
        server().says("2 C Z");
    }

    @Test
    void shapeIsKnownWhereverItsMessagesAreCut() {
        toldOfOneColumn("a");
        client(0).says(bind("s1"), execute(), sync());
        scene.server(1).heard();
        scene.server(1).saysInPieces("1 t T:a");
        assertThat(scene.server(1).heard()).endsWith(" B::spillway_1 E S");
        scene.server(1).says("2 C Z");
    }

    @Test
    void whoIsToldAgainDoesNotWait() {
        toldOfOneColumn("a");
        client(0).says(bind("s1"), describePortal(""), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 D:P: E S");
        scene.server(1).says("1 t T:b 2 T:b C Z");
        assertThat(client(0).heard()).isEqualTo("2 T C ZI");
        client(0).says(describe("s1"), sync());
        assertThat(scene.server(1).heard()).isEqualTo("D:S:spillway_1 S");
        scene.server(1).says("t T:b Z");
        client(0).says(bind("s1"), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("B::spillway_1 E S");
        scene.server(1).says("2 C Z");
    }

    @Test
    void whatOneServerRefusesIsPreparedAnewOnAll() {
        toldOfOneColumn("a");
        client(1).says(query("commit"));
        server().says("C:COMMIT Z");
        client(1).says(parse("x", "select 1"), sync());
        client(1).says(bind("x"), sync());
        server().heard();
        server().says("E0A000:cached_plan Z");
        client(1).heard();
        client(1).says(bind("x"), sync());
        assertThat(server().heard()).startsWith("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1");
    }

    @Test
    void whoeverPreparesBehindADefinitionGetsAPlanOfThen() {
        toldOfOneColumn("a");
        client(1).says(query("alter table t add b int"), query("commit"));
        server().says("C:ALTER_TABLE ZT C:COMMIT Z");
        server().heard();
        client(1).says(parse("x", "select 1"), bind("x"), execute(), sync());
        assertThat(server().heard()).isEqualTo("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 E S");
        server().says("3 1 t T:b 2 C Z");
        client(0).says(bind("s1"), execute(), sync());
        assertThat(server().heard()).as("who was told of other columns waits").doesNotContain("B::spillway_1");
        server().says("t T:b");
        client(0).heard();
    }

    @Test
    void aPlanThatWasMadeBeforeTheDefinitionWasCommittedIsOldToo() {
        toldOfOneColumn("a");
        client(1).says(query("alter table t add b int"));
        server().says("C:ALTER_TABLE ZT");
        client(0).says(parse("s2", "select 1"), bind("s2"), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 E S");
        scene.server(1).says("1 t T:a 2 C Z");
        client(1).says(query("commit"), query("begin"));
        server().says("C:COMMIT Z");
        server().says("C:BEGIN ZT");
        client(0).says(parse("x", "select 1"), bind("x"), execute(), sync());
        assertThat(scene.server(1).heard())
                .isEqualTo("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 E S");
    }

    @Test
    void soOnAServerThatWasNotThere() {
        toldOfOneColumn("a");
        client(0).says(bind("s1"), execute(), sync());
        scene.server(1).says("1 t T:a");
        scene.server(1).says("2 C Z");
        scene.server(1).heard();
        client(1).says(query("drop type t"), query("rollback"));
        server().says("C:DROP_TYPE ZT C:ROLLBACK Z");
        server().heard();
        client(0).says(query("begin"));
        server().says("C:BEGIN ZT");
        server().heard();
        client(1).says(parse("x", "select 1"), sync());
        client(1).says(bind("x"), execute(), sync());
        assertThat(scene.server(1).heard()).startsWith("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1");
    }

    @Test
    void whoHasPreparedBeforeUsesWhatThereIs() {
        toldOfOneColumn("a");
        client(1).says(query("create table u (a int)"), query("commit"));
        server().says("C:CREATE_TABLE ZT C:COMMIT Z");
        server().heard();
        client(0).says(bind("s1"), execute(), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 E S");
        server().says("2 C Z");
    }
}
