import com.fasterxml.jackson.databind.ObjectMapper;
import com.twilio.Twilio;
import com.twilio.exception.ApiException;
import com.twilio.http.NetworkHttpClient;
import com.twilio.http.TwilioRestClient;
import com.twilio.rest.api.v2010.account.Call;
import com.twilio.rest.api.v2010.account.Conference;
import com.twilio.rest.api.v2010.account.conference.Participant;
import com.twilio.rest.api.v2010.account.conference.ParticipantCreator;
import com.twilio.type.PhoneNumber;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHost;

/** Drives the simulator with Twilio's SDK and prints what it finds. */
public class Story {
    private static final PhoneNumber FROM = new PhoneNumber("+15550100001");

    public static void main(String[] arguments) throws Exception {
        String sid = System.getenv("TWILIO_ACCOUNT_SID");
        URI url = URI.create(System.getenv("SIMULATOR_URL"));
        HttpRoute route = new HttpRoute(new HttpHost("http", url.getHost(), url.getPort()));
        HttpClientBuilder builder = HttpClientBuilder.create();
        builder.setRoutePlanner((host, context) -> route);
        TwilioRestClient client =
            new TwilioRestClient.Builder(sid, System.getenv("TWILIO_AUTH_TOKEN"))
                .httpClient(new NetworkHttpClient(builder))
                .build();
        Twilio.setRestClient(client);

        Participant ann = create("ann", "+15550100101").setEarlyMedia(true).setBeep("onEnter").create();
        Participant bob = create("bob", "+15550100102").setMuted(true).create();
        String room = ann.getConferenceSid();
        waitUntilConnected(room);
        create("sup", "+15550100103").setMuted(true).setCoaching(true)
            .setCallSidToCoach(ann.getCallSid()).create();
        waitUntilConnected(room);

        Map<String, Object> found = new LinkedHashMap<>();
        found.put("created", ann.getLabel());
        found.put("sameRoom", bob.getConferenceSid().equals(room));
        found.put("listed", labels(room));
        found.put("byLabel", Participant.fetcher(room, "ann").fetch().getCallSid().equals(ann.getCallSid()));
        found.put("muted", Participant.updater(room, "ann").setMuted(true).update().getMuted());
        found.put("hold", Participant.updater(room, ann.getCallSid()).setHold(true).update().getHold());
        found.put("mutedOnly", all(Participant.reader(room).setMuted(true).read()).size());
        found.put("coaches",
            Participant.fetcher(room, "sup").fetch().getCallSidToCoach().equals(ann.getCallSid()));
        found.put("live", all(Conference.reader().setFriendlyName("bridge")
            .setStatus(Conference.Status.IN_PROGRESS).read()).size());
        found.put("callTo", Call.fetcher(bob.getCallSid()).fetch().getTo());
        found.put("callsTo", all(Call.reader().setTo(new PhoneNumber("+15550100103")).read()).size());
        found.put("duplicate", code(() -> create("ann", "+15550100104").create()));
        found.put("missing", code(() -> Participant.fetcher(room, "nobody").fetch()));
        found.put("removed", Participant.deleter(room, "bob").delete());
        found.put("left", labels(room));
        found.put("completed", Conference.updater(room)
            .setStatus(Conference.UpdateStatus.COMPLETED).update().getStatus().toString());
        System.out.println(new ObjectMapper().writeValueAsString(found));
    }

    private static ParticipantCreator create(String label, String to) {
        return Participant.creator("bridge", FROM, new PhoneNumber(to)).setLabel(label);
    }

    private static void waitUntilConnected(String room) throws InterruptedException {
        for (int tries = 0; tries < 300 && !connected(room); tries++) {
            Thread.sleep(100);
        }
    }

    private static boolean connected(String room) {
        return all(Participant.reader(room).read()).stream()
            .allMatch(each -> "connected".equals(String.valueOf(each.getStatus())));
    }

    private static List<String> labels(String room) {
        return all(Participant.reader(room).pageSize(1).read()).stream()
            .map(Participant::getLabel).sorted().toList();
    }

    private static <T> List<T> all(Iterable<T> pages) {
        List<T> found = new ArrayList<>();
        pages.forEach(found::add);
        return found;
    }

    private static int code(Runnable request) {
        try {
            request.run();
            return 0;
        } catch (ApiException error) {
            return error.getCode();
        }
    }
}
