// Audits the server at the given URL and prints one JSON object per audit: {id, name, status, reason}.
import { auditServer } from "graphql-http";

const [url] = process.argv.slice(2);
for (const { id, name, status, reason } of await auditServer({ url })) {
  console.log(JSON.stringify({ id, name, status, reason }));
}
