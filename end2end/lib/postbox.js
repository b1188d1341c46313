// A real SMTP server on loopback that keeps what arrives.

import { EventEmitter, once } from "node:events";

import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

export class Postbox {
  #arrivals = new EventEmitter();
  #mails = [];
  #server;

  static async open() {
    const postbox = new Postbox();
    postbox.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      onData: (stream, session, done) => postbox.#take(stream, session).then(() => done(), done),
    });
    postbox.#server.listen(0, "127.0.0.1");
    await once(postbox.#server.server, "listening");
    return postbox;
  }

  get port() {
    return this.#server.server.address().port;
  }

  async #take(stream, session) {
    const parts = [];
    for await (const part of stream) {
      parts.push(part);
    }
    const source = Buffer.concat(parts);
    const mail = await simpleParser(source);
    const to = session.envelope.rcptTo.map((recipient) => recipient.address);
    this.#mails.push({ to, subject: mail.subject, text: mail.text ?? "", attachments: mail.attachments, source: source.toString() });
    this.#arrivals.emit("mail");
  }

  /** Every mail to `address` so far, in the order of arrival. */
  to(address) {
    return this.#mails.filter((mail) => mail.to.includes(address));
  }

  /** The mail to `address` with a subject like `subject`, as soon as it is there. */
  async mail(address, subject, patience = 15_000) {
    const signal = AbortSignal.timeout(patience);
    for (;;) {
      const found = this.to(address).find((mail) => subject.test(mail.subject));
      if (found) {
        return found;
      }
      await once(this.#arrivals, "mail", { signal }).catch(() => {
        const subjects = this.to(address).map((mail) => mail.subject);
        throw new Error(`no mail like ${subject} for ${address}; there are: ${JSON.stringify(subjects)}`);
      });
    }
  }

  close() {
    return new Promise((closed) => this.#server.close(closed));
  }
}

/** The link in a mail's text that leads to a registration. */
export function linkIn(mail) {
  const links = mail.text.match(/https?:\/\/\S+\/registrations\/\S+/g) ?? [];
  if (links.length === 0) {
    throw new Error(`no link to a registration in:\n${mail.text}`);
  }
  return links[0];
}

/** The calendar parts of a mail, as text. */
export function calendarsIn(mail) {
  const parts = mail.attachments.filter((part) => /^(text\/calendar|application\/ics)/.test(part.contentType));
  return parts.map((part) => part.content.toString());
}
