package dev.spillway.core.session;

import static dev.spillway.core.session.StatementScene.bind;
import static dev.spillway.core.session.StatementScene.close;
import static dev.spillway.core.session.StatementScene.describe;
import static dev.spillway.core.session.StatementScene.execute;
import static dev.spillway.core.session.StatementScene.parse;
import static dev.spillway.core.session.StatementScene.query;
import static dev.spillway.core.session.StatementScene.sync;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Layer (c): clients that prepare statements by name, and servers that know them under ours. */
class StatementSceneTest {
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

    /** Client 0 has prepared s1, and server 0 knows it as spillway_1. */
    private void prepared() {
        client(0).says(parse("s1", "select 1"), sync());
        server();
        assertThat(server().heard()).isEqualTo("P:spillway_1:select 1 D:S:spillway_1 S");
        server().says("p Z");
        assertThat(client(0).heard()).isEqualTo("1 ZI");
    }

    @Test
    void clientsNamesBecomeOurs() {
        prepared();
        client(0).says(bind("s1"), execute(), describe("s1"), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 E D:S:spillway_1 S");
        server().says("2 C t n Z");
        assertThat(client(0).heard()).isEqualTo("2 C t n ZI");
        assertThat(client(0).state() + "/" + server().state()).isEqualTo("idle/idle");
    }

    @Test
    void whatTheServerKnowsIsNotParsedAgain() {
        prepared();
        client(1).says(parse("x", "select 1"), bind("x"), execute(), sync());
        assertThat(client(1).heard()).isEqualTo("1");
        assertThat(server().heard()).isEqualTo("B::spillway_1 E S");
        server().says("2 C Z");
        assertThat(client(1).heard()).isEqualTo("2 C ZI");
    }

    @Test
    void anotherServerIsToldAheadOfTheMessage() {
        scene = new StatementScene(2, 2);
        prepared();
        client(1).says(query("begin"));
        server().heard();
        server().says("C:BEGIN ZT");
        client(0).says(bind("s1"), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 E S");
        scene.server(1).says("p 2 C Z");
        assertThat(client(0).heard()).isEqualTo("2 C ZI");
        client(0).says(bind("s1"), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("B::spillway_1 E S");
        scene.server(1).says("2 C Z");
    }

    @Test
    void errorOfAParseOfOursIsTheClients() {
        scene = new StatementScene(2, 2);
        prepared();
        client(1).says(query("begin"));
        server().says("C:BEGIN ZT");
        client(0).says(bind("s1"), execute(), sync());
        scene.server(1).says("E42P01:gone Z");
        assertThat(client(0).heard()).isEqualTo("E42P01:gone ZI");
        assertThat(scene.server(1).prepared()).isZero();
        scene.server(1).heard();
        client(0).says(bind("s1"), sync());
        assertThat(scene.server(1).heard()).isEqualTo("P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 S");
        scene.server(1).says("p 2 Z");
    }

    @Test
    void leastRecentlyUsedMakesWay() {
        prepared();
        client(0).says(parse("s2", "select 2"), bind("s1"), parse("s3", "select 3"), sync());
        assertThat(server().heard())
                .isEqualTo("P:spillway_2:select 2 D:S:spillway_2 B::spillway_1 C:S:spillway_2 P:spillway_3:select 3"
                        + " D:S:spillway_3 S");
        server().says("p 2 3 p Z");
        assertThat(client(0).heard()).isEqualTo("1 2 1 ZI");
        assertThat(server().prepared()).isEqualTo(2);
        client(0).says(bind("s2"), sync());
        assertThat(server().heard()).isEqualTo("C:S:spillway_1 P:spillway_2:select 2 D:S:spillway_2 B::spillway_2 S");
        server().says("3 p 2 Z");
        assertThat(client(0).heard()).isEqualTo("2 ZI");
    }

    @Test
    void evictionThatAnErrorDiscardsHasNotHappened() {
        prepared();
        client(0).says(parse("s2", "select 2"), sync());
        server().heard();
        server().says("p Z");
        client(0).heard();
        client(0).says(bind("p", "nobody"), parse("s3", "select 3"), sync());
        assertThat(server().heard()).isEqualTo("B:p:nobody C:S:spillway_1 P:spillway_3:select 3 D:S:spillway_3 S");
        server().says("E26000:nobody Z");
        client(0).says(bind("s1"), bind("s3"), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 B::s3 S");
        server().says("2 E26000:s3 Z");
    }

    @Test
    void nameInUseIsPostgresqlsToRefuse() {
        prepared();
        client(0).says(parse("s1", "select 2"), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_0: P:spillway_0:select 2 S");
        server().says("1 E42P05:\"spillway_0\"_exists Z");
        assertThat(client(0).heard()).isEqualTo("E42P05:\"s1\" exists ZI");
        client(0).says(parse("s1", "selec"), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_0:selec S");
        server().says("E42601:syntax Z");
        assertThat(client(0).heard()).isEqualTo("E42601:syntax ZI");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 S");
        server().says("2 Z");
    }

    @Test
    void errorsNameWhatTheClientNamed() {
        prepared();
        client(0).says(bind("s1"), sync());
        server().says("E08P01:but_\"spillway_1\"_requires_1 Z");
        assertThat(client(0).heard()).isEqualTo("E08P01:but \"s1\" requires 1 ZI");
    }

    @Test
    void namesLikeOursReachNothing() {
        prepared();
        client(1).says(bind("spillway_1"), sync());
        assertThat(server().heard()).endsWith("B::spillway?1 S");
        server().says("E26000:\"spillway?1\"_does_not_exist Z");
        assertThat(client(1).heard()).isEqualTo("E26000:\"spillway_1\" does not exist ZI");
        client(1).says(close("spillway_1"), sync());
        assertThat(server().heard()).isEmpty();
        assertThat(client(1).heard()).isEqualTo("3 ZI");
        assertThat(server().prepared()).isOne();
    }

    @Test
    void whatAServerKnowsIsPreparedWithoutOne() {
        prepared();
        client(1).says(parse("x", "select 1"), sync());
        assertThat(server().heard()).isEmpty();
        assertThat(client(1).heard()).isEqualTo("1 ZI");
        client(1).says(bind("x"), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 S");
        server().says("2 Z");
        assertThat(client(1).heard()).isEqualTo("2 ZI");
    }

    @Test
    void whatIsNotAnsweredYetIsAskedFor() {
        client(0).says(parse("s1", "select 1"), sync());
        server();
        server().heard();
        client(1).says(parse("x", "select 1"), sync());
        assertThat(client(1).heard()).isEmpty();
        server().says("E42601:syntax Z");
        assertThat(client(0).heard()).startsWith("E42601");
        assertThat(server().heard()).isEqualTo("P:spillway_2:select 1 D:S:spillway_2 S");
    }

    @Test
    void groupsThatParseForThemselvesDoNotWaitForEachOther() {
        client(0)
                .says(
                        parse("", "select 1"),
                        bind(""),
                        sync(),
                        parse("", "select 2"),
                        bind(""),
                        sync(),
                        bind(""),
                        sync());
        server();
        assertThat(server().heard()).isEqualTo("P::select 1 B:: S P::select 2 B:: S");
        server().says("1 2 Z 1 2 Z");
        assertThat(server().heard()).as("the server was free meanwhile").isEqualTo("P::select 2 B:: S");
    }

    @Test
    void whatWasMissingIsPreparedAnew() {
        prepared();
        client(0).says(bind("s1"), sync());
        server().heard();
        server().says("E26000:\"spillway_1\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("E26000:\"s1\" does not exist ZI");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1 H");
        server().says("3 p");
        assertThat(server().heard()).isEqualTo("B::spillway_1 S");
        server().says("2 Z");
        assertThat(client(0).heard()).isEqualTo("2 ZI");
    }

    @Test
    void closeIsAnsweredWithoutTheServer() {
        prepared();
        client(0).says(close("s1"), parse("s1", "select 2"), bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_2:select 2 D:S:spillway_2 B::spillway_2 S");
        server().says("p 2 Z");
        assertThat(client(0).heard()).isEqualTo("3 1 2 ZI");
    }

    @Test
    void closeThatAnErrorDiscardsHasNotHappened() {
        prepared();
        client(0).says(bind("p", "nobody"), close("s1"), sync());
        server().heard();
        server().says("E26000:nobody Z");
        assertThat(client(0).heard()).isEqualTo("E26000:nobody ZI");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 S");
        server().says("2 Z");
    }

    @Test
    void whatAnEarlierGroupMayStillFailAtIsWaitedFor() {
        client(0).says(parse("s1", "selec"), sync(), bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_1:selec D:S:spillway_1 S");
        server().says("E42601:syntax");
        server().says("Z");
        assertThat(server().heard()).isEqualTo("B::s1 S");
        server().says("E26000:\"s1\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("E42601:syntax ZI E26000:\"s1\" does not exist ZI");
        assertThat(client(0).state() + "/" + server().state()).isEqualTo("idle/idle");
    }

    @Test
    void withinTheGroupNothingWaits() {
        client(0).says(parse("s1", "selec"), bind("s1"), execute(), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_1:selec D:S:spillway_1 B::spillway_1 E S");
        server().says("E42601:syntax Z");
        assertThat(client(0).heard()).isEqualTo("E42601:syntax ZI");
        assertThat(server().prepared()).isZero();
    }

    @Test
    void inATransactionThatMayHaveFailedPostgresqlAnswers() {
        prepared();
        client(1).says(query("begin"));
        server().heard();
        server().says("C:BEGIN ZT");
        client(1).says(query("select 1/0"));
        server().heard();
        server().says("E22012:zero ZE");
        client(1).heard();
        client(1).says(parse("x", "select 1"), sync());
        assertThat(server().heard()).isEqualTo("C:S:spillway_1 P:spillway_1:select 1 D:S:spillway_1 S");
        server().says("3 E25P02:aborted ZE");
        assertThat(client(1).heard()).isEqualTo("E25P02:aborted ZE");
        assertThat(server().prepared()).isZero();
    }

    @Test
    void endOfATransactionIsNeverAnsweredByUs() {
        client(0).says(parse("s1", "/* the end */ rollback"), sync());
        server();
        server().heard();
        server().says("p Z");
        client(1).says(query("begin"));
        server().heard();
        server().says("C:BEGIN ZT");
        client(1).heard();
        client(1).says(parse("x", "/* the end */ rollback"), sync());
        assertThat(server().heard()).isEqualTo("C:S:spillway_1 P:spillway_1:/* the end */ rollback D:S:spillway_1 S");
        server().says("3 p ZT");
        assertThat(client(1).heard()).isEqualTo("1 ZT");
        assertThat(server().prepared()).isOne();
    }

    @Test
    void discardAllIsForgottenByBoth() {
        prepared();
        client(0).says(query("discard all"), bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("Q:discard all");
        server().says("C:DISCARD_ALL Z");
        assertThat(server().prepared()).isZero();
        assertThat(server().heard()).startsWith("Q:BEGIN").endsWith("COMMIT"); // settings are unknown after it
        server().says("C:COMMIT Z");
        assertThat(server().heard()).isEqualTo("B::s1 S");
        server().says("E26000:\"s1\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("C ZI E26000:\"s1\" does not exist ZI");
    }

    @Test
    void anotherClientsDiscardAllTakesNoNamesAway() {
        prepared();
        client(1).says(query("deallocate all"));
        server().heard();
        server().says("C:DEALLOCATE_ALL Z");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_1:select 1 D:S:spillway_1 B::spillway_1 S");
        server().says("p 2 Z");
        assertThat(client(0).heard()).isEqualTo("2 ZI");
    }

    @Test
    void deallocateTakesTheClientsName() {
        prepared();
        client(0).says(query("DEALLOCATE  S1 ;"));
        assertThat(server().heard()).isEqualTo("P:spillway_0: Q:DEALLOCATE \"spillway_0\"");
        server().says("1 C:DEALLOCATE Z");
        assertThat(client(0).heard()).isEqualTo("C ZI");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("B::s1 S");
        server().says("E26000:\"s1\"_does_not_exist Z");
        assertThat(server().prepared()).isOne();
    }

    @Test
    void deallocateOfANameLikeOursReachesNothing() {
        prepared();
        client(0).says(query("DEALLOCATE SPILLWAY_1"));
        assertThat(server().heard()).isEqualTo("Q:DEALLOCATE \"spillway?1\"");
        server().says("E26000:\"spillway?1\"_does_not_exist Z");
        assertThat(client(0).heard()).isEqualTo("E26000:\"spillway_1\" does not exist ZI");
        client(1).says(query("deallocate \"spillway_\"\"\""));
        assertThat(server().heard()).as("of one who has prepared nothing").isEqualTo("Q:DEALLOCATE \"spillway?\"\"\"");
        server().says("E26000:\"spillway?\"\"_does_not_exist Z");
        assertThat(client(1).heard()).isEqualTo("E26000:\"spillway_\"\" does not exist ZI");
        assertThat(server().prepared()).isOne();
    }

    @Test
    void deallocateThatFailsTakesNothing() {
        prepared();
        client(0).says(query("begin; select 1/0"));
        server().heard();
        server().says("C:BEGIN E22012:zero ZE");
        client(0).says(query("deallocate \"s1\""));
        assertThat(server().heard()).isEqualTo("P:spillway_0: Q:DEALLOCATE \"spillway_0\"");
        server().says("1 E25P02:aborted ZE");
        client(0).says(query("rollback"), bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("Q:rollback B::spillway_1 S");
        server().says("C:ROLLBACK Z 2 Z");
        assertThat(client(0).heard()).isEqualTo("C E22012:zero ZE E25P02:aborted ZE C ZI 2 ZI");
    }

    @Test
    void bindOfAnySizeStreams() {
        prepared();
        byte[] whole = StatementScene.frame('B', "\0s1\0" + "x".repeat(300_000));
        client(0).says(Arrays.copyOf(whole, 7)); // "s1" has not come
        assertThat(server().heard()).isEmpty();
        client(0).says(Arrays.copyOfRange(whole, 7, 50_000));
        assertThat(server().heard()).isEqualTo("cut:B");
        client(0).says(Arrays.copyOfRange(whole, 50_000, whole.length), sync());
        server().says("2 Z");
        assertThat(client(0).heard()).isEqualTo("2 ZI");
    }

    @Test
    void streamedBindIsTheSameButForItsName() {
        prepared();
        byte[] whole = StatementScene.frame('B', "\0s1\0" + "x".repeat(100_000));
        byte[] expected = StatementScene.frame('B', "\0spillway_1\0" + "x".repeat(100_000));
        for (int at = 0; at < whole.length; at += 999) {
            client(0).says(Arrays.copyOfRange(whole, at, Math.min(whole.length, at + 999)));
        }
        assertThat(server().wire.take()).isEqualTo(expected);
        client(0).says(sync());
        server().says("2 Z");
    }

    @Test
    void messagesCutAnywhereAreTheSame() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] message :
                new byte[][] {parse("s1", "select 1"), describe("s1"), bind("p", "s1"), execute(), close("s1"), sync()
                }) {
            all.writeBytes(message);
        }
        for (int cut = 0; cut <= all.size(); cut++) {
            scene.end();
            scene = new StatementScene(1, 1);
            client(0).says(Arrays.copyOf(all.toByteArray(), cut));
            client(0).says(Arrays.copyOfRange(all.toByteArray(), cut, all.size()));
            assertThat(server().heard())
                    .as("cut at %d", cut)
                    .isEqualTo("P:spillway_1:select 1 D:S:spillway_1 D:S:spillway_1 B:p:spillway_1 E S");
            server().says("p t n 2 C Z");
            assertThat(client(0).heard()).isEqualTo("1 t n 2 C 3 ZI");
        }
    }

    @Test
    void textThatIsTooLargeKeepsItsClientWhereItIs() {
        String sql = "select '" + "x".repeat(StatementScene.KEPT_BYTES) + "'";
        client(0).says(parse("s1", sql), sync());
        assertThat(server().heard()).isEqualTo("P:spillway_1:" + sql.length() + " bytes S");
        server().says("1 Z");
        client(0).says(bind("s1"), sync());
        assertThat(server().heard()).isEqualTo("B::spillway_1 S");
        server().says("2 Z");
        assertThat(client(0).state() + "/" + server().state()).isEqualTo("active/active");
        client(0).leave();
        assertThat(server().state()).isEqualTo("closed");
    }

    @Test
    void clientWithTooManyNamesIsClosed() {
        byte[][] many = new byte[101][];
        for (int i = 0; i < many.length; i++) {
            many[i] = parse("s" + i, "select " + i);
        }
        client(0).says(many);
        server();
        assertThat(client(0).heard()).startsWith("E53400:");
        assertThat(client(0).state()).isEqualTo("closed");
    }

    @Test
    void statementWithoutANameIsThereOnTheNextServer() {
        scene = new StatementScene(2, 2);
        client(0).says(parse("", "select 1"), sync());
        server();
        server().heard();
        server().says("1 Z");
        client(1).says(query("begin"));
        server().says("C:BEGIN ZT");
        client(0).heard();
        client(0).says(bind(""), execute(), sync());
        assertThat(scene.server(1).heard()).isEqualTo("P::select 1 B:: E S");
        scene.server(1).says("1 2 C Z");
        assertThat(client(0).heard()).isEqualTo("2 C ZI");
    }

    @Test
    void nobodyGetsAnothersStatementWithoutAName() {
        client(0).says(parse("", "select 1"), sync());
        server();
        server().heard();
        server().says("1 Z");
        client(1).says(bind(""), execute(), sync());
        assertThat(server().heard()).isEqualTo("C:S: B:: E S");
        server().says("3 E26000:none Z");
        assertThat(client(1).heard()).isEqualTo("E26000:none ZI");
    }

    @Test
    void statementWithoutANameEndsWithAQuery() {
        client(0).says(parse("", "select 1"), sync());
        server();
        server().says("1 Z");
        client(0).says(query("select 2"));
        server().says("C Z");
        server().heard();
        client(0).says(bind(""), sync());
        assertThat(server().heard()).isEqualTo("C:S: B:: S");
        server().says("3 E26000:none Z");
    }

    @Test
    void parseThatAnErrorDiscardsLeavesTheOneBefore() {
        client(0).says(parse("", "select 1"), sync(), bind("p", "nobody"), parse("", "select 2"), sync());
        server();
        server().heard();
        server().says("1 Z E26000:nobody Z");
        client(0).says(bind(""), sync());
        assertThat(server().heard()).isEqualTo("P::select 1 B:: S");
        server().says("1 2 Z");
    }

    @Test
    void whatWasUnderWayWhenTheClientLeftIsInTheBooks() {
        prepared();
        client(0).says(parse("s2", "select 2"), close("s1"));
        client(0).leave();
        assertThat(server().heard()).startsWith("P:spillway_2:select 2 D:S:spillway_2 P::ROLLBACK");
        server().says("p 1 2 C Z");
        assertThat(server().prepared()).isEqualTo(2);
        assertThat(scene.ports.statements.size()).isEqualTo(2);
    }
}
