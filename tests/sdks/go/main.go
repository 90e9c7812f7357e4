// Command sdks drives the simulator with Twilio's SDK and prints what it finds.
package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"sort"
	"time"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// toSimulator sends every request to one address.
type toSimulator struct{ target *url.URL }

func (to toSimulator) RoundTrip(request *http.Request) (*http.Response, error) {
	request.URL.Scheme, request.URL.Host = to.target.Scheme, to.target.Host
	request.Host = to.target.Host
	return http.DefaultTransport.RoundTrip(request)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func code(err error) int {
	var refused *client.TwilioRestError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return 0
}

func main() {
	sid, token := os.Getenv("TWILIO_ACCOUNT_SID"), os.Getenv("TWILIO_AUTH_TOKEN")
	base := &client.Client{
		Credentials: client.NewCredentials(sid, token),
		HTTPClient:  &http.Client{Transport: toSimulator{must(url.Parse(os.Getenv("SIMULATOR_URL")))}},
	}
	base.SetAccountSid(sid)
	rest := twilio.NewRestClientWithParams(twilio.ClientParams{Client: base}).Api
	create := func(label, to string) *api.CreateParticipantParams {
		params := &api.CreateParticipantParams{}
		return params.SetFrom("+15550100001").SetTo(to).SetLabel(label)
	}

	ann := must(rest.CreateParticipant("bridge", create("ann", "+15550100101").SetEarlyMedia(true).SetBeep("onEnter")))
	bob := must(rest.CreateParticipant("bridge", create("bob", "+15550100102").SetMuted(true)))
	room := *ann.ConferenceSid
	list := func() []api.ApiV2010Participant {
		return must(rest.ListParticipant(room, (&api.ListParticipantParams{}).SetPageSize(1)))
	}
	labels := func() []string {
		found := []string{}
		for _, each := range list() {
			found = append(found, *each.Label)
		}
		sort.Strings(found)
		return found
	}
	waitUntilConnected := func() {
		for tries := 0; tries < 300; tries++ {
			connected := true
			for _, each := range list() {
				connected = connected && *each.Status == "connected"
			}
			if connected {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	waitUntilConnected()
	must(rest.CreateParticipant("bridge", create("sup", "+15550100103").SetMuted(true).SetCoaching(true).SetCallSidToCoach(*ann.CallSid)))
	waitUntilConnected()

	found := map[string]any{"created": *ann.Label, "sameRoom": *bob.ConferenceSid == room}
	found["listed"] = labels()
	found["byLabel"] = *must(rest.FetchParticipant(room, "ann", nil)).CallSid == *ann.CallSid
	found["muted"] = *must(rest.UpdateParticipant(room, "ann", (&api.UpdateParticipantParams{}).SetMuted(true))).Muted
	found["hold"] = *must(rest.UpdateParticipant(room, *ann.CallSid, (&api.UpdateParticipantParams{}).SetHold(true))).Hold
	found["mutedOnly"] = len(must(rest.ListParticipant(room, (&api.ListParticipantParams{}).SetMuted(true))))
	found["coaches"] = *must(rest.FetchParticipant(room, "sup", nil)).CallSidToCoach == *ann.CallSid
	found["live"] = len(must(rest.ListConference((&api.ListConferenceParams{}).SetFriendlyName("bridge").SetStatus("in-progress"))))
	found["callTo"] = *must(rest.FetchCall(*bob.CallSid, nil)).To
	found["callsTo"] = len(must(rest.ListCall((&api.ListCallParams{}).SetTo("+15550100103"))))
	_, err := rest.CreateParticipant("bridge", create("ann", "+15550100104"))
	found["duplicate"] = code(err)
	_, err = rest.FetchParticipant(room, "nobody", nil)
	found["missing"] = code(err)
	found["removed"] = rest.DeleteParticipant(room, "bob", nil) == nil
	found["left"] = labels()
	found["completed"] = *must(rest.UpdateConference(room, (&api.UpdateConferenceParams{}).SetStatus("completed"))).Status
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}
