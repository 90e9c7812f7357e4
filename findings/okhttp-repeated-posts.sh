#!/usr/bin/env bash
# Guess: OkHttp repeats a request by itself only if the connection failed before it was sent; an answer, of any status, is the caller's.
# Seen:  a POST answered with 408, or with 503 and Retry-After: 0, is sent a second time. 503 without the header or with Retry-After: 1, and
#        429, are not. So what a proxy adds to its 503 decides whether an order is placed twice. retryOnConnectionFailure(false) stops
#        the repetition for 408, and not for 503.
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
    <dependency><groupId>com.squareup.okhttp3</groupId><artifactId>okhttp-jvm</artifactId><version>5.5.1</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib >mvn.log 2>&1 || { cat mvn.log >&2; exit 1; }
cat >Post.java <<'JAVA'
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;

public class Post {
    public static void main(String[] addresses) throws Exception {
        for (String address : addresses) {
            boolean retry = !address.contains("/false/");
            OkHttpClient client = new OkHttpClient.Builder().retryOnConnectionFailure(retry).build();
            RequestBody body = RequestBody.create("{}", MediaType.get("application/json"));
            client.newCall(new Request.Builder().url(address).post(body).build()).execute().close();
        }
        System.exit(0);
    }
}
JAVA
echo "version: com.squareup.okhttp3:okhttp-jvm 5.5.1"
echo "guess: 1 and 1 for each."
seen=$(python3 - <<'PY'
import collections
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = ["408", "429", "503", "503 with Retry-After: 0", "503 with Retry-After: 1"]
posts: collections.Counter[str] = collections.Counter()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        _, retry, number = self.path.split("/")
        answer = ANSWERS[int(number)]
        posts[retry, answer] += 1
        self.send_response(int(answer[:3]))
        if "Retry-After" in answer:
            self.send_header("Retry-After", answer[-1])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = [f"http://127.0.0.1:{server.server_port}/{retry}/{number}" for retry in ("true", "false") for number in range(len(ANSWERS))]
    subprocess.run(["java", "-cp", "lib/*", "Post.java", *addresses], check=True, timeout=120)
    server.shutdown()
for answer in ANSWERS:
    print(f"{answer}: {posts['true', answer]}, without retryOnConnectionFailure {posts['false', answer]}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
408: 2, without retryOnConnectionFailure 1
429: 1, without retryOnConnectionFailure 1
503: 1, without retryOnConnectionFailure 1
503 with Retry-After: 0: 2, without retryOnConnectionFailure 2
503 with Retry-After: 1: 1, without retryOnConnectionFailure 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
