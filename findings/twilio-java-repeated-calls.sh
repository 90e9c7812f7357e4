#!/usr/bin/env bash
# Guess: Twilio's SDK for Java dials with one POST, as those for Python and JavaScript do: an answer of 503 or 429 is raised, and the caller decides.
# Seen:  it sends the POST again after a second, or after the server's Retry-After, and returns the second answer: the HTTP client under it repeats
#        these two answers once, whatever the method. A call that was placed although the answer was 503 is placed twice. 500 is sent once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>com.twilio.sdk</groupId><artifactId>twilio</artifactId><version>13.0.1</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check twilio==9.13.0
cat >Dial.java <<'JAVA'
import com.twilio.http.HttpMethod;
import com.twilio.http.NetworkHttpClient;
import com.twilio.http.Request;

public class Dial {
    public static void main(String[] addresses) {
        for (String address : addresses) {
            Request request = new Request(HttpMethod.POST, address);
            request.setAuth("account", "password");
            request.addPostParam("To", "+12025550101");
            new NetworkHttpClient().makeRequest(request);
        }
        System.exit(0);
    }
}
JAVA
echo "version: com.twilio.sdk:twilio 13.0.1, twilio==9.13.0"
echo "guess: 1 and 1 for each."
seen=$(venv/bin/python - <<'PY'
import collections
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from twilio.http.http_client import TwilioHttpClient

ANSWERS = ["503", "503 with Retry-After", "429", "500"]
posts: collections.Counter[str] = collections.Counter()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        _, sdk, number = self.path.split("/")
        answer = ANSWERS[int(number)]
        posts[sdk, answer] += 1
        self.send_response(int(answer[:3]))
        if "Retry-After" in answer:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    addresses = [f"{base}/java/{number}" for number in range(len(ANSWERS))]
    subprocess.run(["java", "-cp", "lib/*", "Dial.java", *addresses], check=True, timeout=120)
    for number in range(len(ANSWERS)):
        TwilioHttpClient().request("POST", f"{base}/python/{number}", data={"To": "+12025550101"}, auth=("account", "password"))
    server.shutdown()
for answer in ANSWERS:
    print(f"{answer}: Java {posts['java', answer]}, Python {posts['python', answer]}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
503: Java 2, Python 1
503 with Retry-After: Java 2, Python 1
429: Java 2, Python 1
500: Java 1, Python 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
