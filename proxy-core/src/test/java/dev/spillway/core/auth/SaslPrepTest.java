package dev.spillway.core.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.Secret;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Verifiers that PostgreSQL 15 stored for these passwords ({@code CREATE ROLE ... PASSWORD}, then {@code
 * pg_authid.rolpassword}): every rule of SASLprep must come out as it does there.
 */
class SaslPrepTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "pencil|P3/zeM5ZgPgbFc0K++FA/A==$OBwzTXIzgik/JugT1eJ6ZOYJva4PVYAaN+GU0OTCvX0=:48k1DcSjf/133erisYaxcSg98YW8ITZsrgn9iXzL5PU=",
                "caf\u00e9|VXOrNnSAknINh18VUZ+TwA==$czFepIVJk0qBOXp16cK28SsTl4LcARSYFzvOg7teWog=:8vr8xplNXo7DT8wgEVFTL/eXOz/w6FVV94xIHbWSGgs=",
                "cafe\u0301|PtCb1kLo6J0LWWnWpxWD7w==$2yy0XhS2jJyPkGzNH7LKKO6TEekCiwCNgF7Yrury5H4=:qZTUmHvSZ3VUsu57hrbg6z8bax8gK6IvYP25c6TSAjo=",
                "a\u00adb\u00e9|xfAGAX8GbOv8yY7/eFA2RA==$XHiofWd4DCCDZEWDKE8kNnqjwsJ/QedEH5tNSqVS5tU=:hs0h/N+EHyhqBYsw/8RlVI+TLb4adrD2CDRGtHjAvL4=",
                "x\u2003y|+O3mEHcj1xJmW/LcOxeIbw==$EL+BTfpv0J7tdzJjpgWiLML4870lQRnC1/5kyvVu/gs=:ftXXtEEOYAN/8+516kjIO6p4L+9ivuGrhu7WWG63tuQ=",
                "\ufb01sh|WBAfQETY5DBiZJnq2xv9OQ==$SDlae4pB60Vwqp8/AvoiyOuVLJUxdW7weT2NI+nlytI=:awtsi0vFjKK5TwU1lX364WhiZBPeHOHgbNHFaKybbOg=",
                "\u2168|FG27YNlAbvHAgCEh5e6eVA==$DR/P5WO+cbN89hu0VyHzLFwm7iohz3JveOhkom8YLvM=:HRwvVc1g4U54cea0pWFL1SWL9+4dLEt8snMECWU6V7w=",
                "\u05d0\u05d1|8TinjztZxsTlfCYDeemVmA==$U8DqMgBQ+nas1wu9LlpYBl1iFxababMg6om/UX9ioxE=:Xi3vfknlMtQ3XrOJTbMGAVExpfMFSHtGYtVaUCjtgyY=",
                "\u05d01|+DQsNt9Lm4d5VHzjahRJKQ==$9sKUN43lwi2AjD9BKa0QdU8gVZrQmZqPB6pNElj6riQ=:5MIGE57G8I5yUkqxY7ihukcRPhHhzxKvjUdW8suP4Hk=",
                "\u05d0a|uQ7DDKYTHzYVuUI7t1M/Lg==$ypbajcBNa1+o5nSvBLqQsJV0Oh/naHgnbAjoxJeABAc=:jMQ9XVWCj2MBcVaOITH2Bk18NR0/uPCZnw26gGByxLQ=",
                "a\u0221|ox3/hb30AtdpMjZUmSGmMA==$KbJgKFKVbTcijSvuq4L5fBe1spp3bQtW+rZOo/q/4Hs=:6r+ujlaJyrL1bwHJpsFZ3Q7XLAKdeVfL1QmviOjk2m0=",
                "\u0300\u0340|XtW266ljnNCq2GVnZzC92w==$5YWlqOO1eSL+slQeXaOKjJ+ofNj0dofSETzLn32Vw0s=:A94Z+T9848AYKC/1v+d9d7ZDftQjei21+YXNpM04dlc=",
                "\u00a0\u00a0|J6yzE+KSmid+4pq2rH4SEw==$K0eNkk8e74wZ1AZz8QrlJV0wsuFTox7m7PMGO3lKGjY=:okLpA1SGotabK5tC9EnXVZQVGMdguSR7tXL/tdtwSA4=",
                "\u00ad|o10orz0Y5WfPxYoe4CcYPw==$ttl2GUnAR20D/O4GfB0wbs/Xd8Y7Ozvwlmk8a/xWyZI=:ouLX0tntBaYdvpjZXAzCxYLEq2MVQ9tlANm0MAR1k20=",
                "\u00e9\u0007|AW1FJ/V3RZF/W5NxY+WOzg==$pKPuoME23ptV+pBv5xHU/NpODyQANGyjOTXyLLPZvKU=:oOYvlREtlxEIiR3RpqvUa4WsbDXHN4oE+K8j2AZYPc4=",
                "\u200b\u00e9|FN4ZA0DThojt/jpF/Q4iJA==$zzGydoON04m3hLk8j1+sUfR/3I25bIxwSq6JuXEjC0g=:Nh2sYC5qVPuH4nrVUqRXouieIxiv/Y29yEZZ4GSa9/Y=",
                "\ud83d\ude00"
                    + " party|HbXpzikGKaUaws+JoWBv8w==$NJyxCWTtvcpHbTOQC6qeqV6Cs5k28JJzRYCZOj/lQBQ=:0eWaGTPTjiI8ITKbLnr81G5fikJQKK7tjVrLb+8U4z8=",
                "\u65e5\u672c\u8a9e|tiA+mDFK6ychKHKYqNtlbA==$eRRqOblhMEl7QTVoR16qTWqBIxJMPOQBpn76xuCrXKQ=:Rp7zu6hC4zVaCyJCX9hKPoefilfWLaqSkM4SmgusbkM=",
                "\ufdfa\u0627|EQl/yy04h3vmJvlwWogj4A==$ie+hyPGkjPK1Wu8XnHxTbQJKU2/OLHEIdXPe7aihNh8=:PDN8h6Q52QPbDIVrV/M66UjvC/m/klqed4Qa4rbl6fc=",
                "\u1e9b\u0323|wCy3Q1THSykcY32mHMzd/g==$ISFzulPTQMcuJpw9CmzHyBJsShJGE8fuv2YSLCLiSVA=:B15pCCxQtHX+7sOYa8T/kUdvBX8+jBKPkRjaGbkI0Ps=",
                "\u00bd\ufeff|XnkrcAw9myDOCAi4CLrgMQ==$HpWc/isuxtDTUDfdf48CMH3YBFQ5r/Kwy0maiOYdVQc=:NTxQJhCfvc3ERI/R3rBKhmei5UdM78DVCgz3DyUrAEU=",
                "\u1f71|VgJcJOFBRINMFrM6AXIrVQ==$GmA1+6DFdB//tdDyS+ih7/gvaYAvzEVfNxVvDC64TxU=:5pRcFWe5JrEh0KCf7TcrYK1W2phfAy1eghiZ8fp76Og=",
                "\u05d0\ufb01|S7YvZTzf0Osac34fn678mg==$8ISyvxYGvLymSV2slsSl1GKg00a9LHbPLAPFlzBSpng=:qRWDLBS/1iIEYw8tQiyiCM7a8KSFnmZNKyudmvPhA20=",
                "\u05d01\u2460|yUWgZtBKtwhYoLCs+9fVEA==$kwKa7lJSpR2IBYy68tmT1CXnEN6XTpNo2A5dlSbSpEU=:CkuUQSEZ+hPLhPVNbcYx1cLNaOpYSloajAcg7KpnFLk=",
                "\u2460\u05d01|JH9BltVwqwqOCJv09cGQGA==$w9OlKMElkeStOyWzc2qPDJXlpFHRK/sikhrIRHbqaEs=:j1T38HJ+If2WTD8XdCVLunROJ92WsJ/6k4hEkOOiO4Y=",
                "\u0221\ufb01|Ap9dzKoErR3QFKplAy1x0Q==$c45KwVkIcv8Rx2ozplUZCV4+K/juQ1SWIoBRtRkVRP0=:Kd3XNmas2F5FhEchZclKAk+rPRKi/5ktfobwMIfWPOg=",
                "\u05d0\u2460\u05d1|GL6gcLDRUFbDifsRvKE/HQ==$7DXCDKsygNYWKa0QpdvubRFoijUhnh75eEWVyW8WQkU=:duikMNu+U0IK0/9hlFd1H0ryfmmaZ06kDJjyrKC3gBg=",
                "\u05d0\ufb01\u05d1|XTSm0twd9tQgAUKLFpHObA==$5sOQpFS1CsIhQ49q2axEi4tI3oxnYJJmFUXzwHrflYs=:cTQ5XryNMfWwmTGNfuFlTu9FLGXjPOjhjUscnYkrGL8=",
                "\u2460\u05d0|UXXRVv1ItVINu8triBIjLg==$GdQqL29nyKhPaEVZkyRlWsVCBiKy4np7+gyuk8HFNi4=:P9ScCpLd8LBotHbUCDw+9W0XnZy6PBCyXf2gp24UjhY=",
            })
    void keysAreThoseOfPostgresql(String password, String saltAndKeys) {
        StoredSecret stored = StoredSecret.parse("SCRAM-SHA-256$4096:" + saltAndKeys);
        assertThat(stored)
                .isInstanceOfSatisfying(
                        ScramVerifier.class,
                        verifier -> assertThat(ScramVerifier.derive(
                                        Secret.of(password), verifier.salt(), verifier.iterations()))
                                .isEqualTo(verifier));
    }
}
