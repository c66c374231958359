package dev.lockstep.soak;

import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.OwnServer;
import java.time.Duration;
import java.util.Random;

/** What goes wrong. Each returns when it is over. */
enum Fault {
    /** Of the one that may be killed; sometimes another process waits for that. */
    KILL {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            if (random.nextBoolean()) {
                Process second = subject.standby();
                subject.kill();
                subject.replaceBy(second);
            } else {
                subject.kill();
                pause(random.nextInt(2000));
                subject.start();
            }
        }
    },
    STOPPED {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.signal("STOP");
            pause(500 + random.nextInt(12_000));
            subject.signal("CONT");
        }
    },
    /** By the operator. */
    PAUSED {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.command("throttle", "--pause");
            pause(random.nextInt(4000));
            subject.command("throttle", "--resume");
        }
    },
    SERVER_CRASH {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            server.crashAndRecover();
        }
    },
    SERVER_RESTART {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            server.restart();
        }
    },
    WALSENDER_TERMINATED {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.terminate(" AND backend_type = 'walsender'");
        }
    },
    SESSION_TERMINATED {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.terminate(" AND backend_type = 'client backend' ORDER BY random() LIMIT 1");
        }
    },
    EVERY_SESSION_TERMINATED {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.terminate("");
        }
    },
    NETWORK_CUT {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.network().cut();
            pause(random.nextInt(6000));
            subject.network().mend();
        }
    },
    NETWORK_FROZEN {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.network().freeze();
            pause(random.nextInt(12_000));
            subject.network().mend();
        }
    },
    FROZEN_THEN_CUT {
        @Override
        void strike(Subject subject, OwnServer server, Random random) throws Exception {
            subject.network().freeze();
            pause(random.nextInt(8000));
            subject.network().cut();
            subject.network().mend();
        }
    },
    /** Half-open: neither side is told. */
    CONNECTIONS_FORGOTTEN {
        @Override
        void strike(Subject subject, OwnServer server, Random random) {
            subject.network().forget();
        }
    };

    abstract void strike(Subject subject, OwnServer server, Random random) throws Exception;

    private static void pause(int millis) throws InterruptedException {
        new StopSignal().pause(Duration.ofMillis(millis));
    }
}
