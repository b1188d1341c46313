### Mails. Every message to somebody who registered may use $event, the event's title, and $seats, how many seats the
### registration is for.

## What several mails share

mail-greeting = Hello { $name },
mail-greeting-stranger = Hello,
mail-fact = { $name }: { $value }
mail-link = { $label }:
mail-instead-of = instead of { $was }
mail-what = What
mail-when = When
mail-was-planned = Was planned for
mail-where = Where
mail-how = How
mail-how-in-person = On site
mail-seats = Seats
mail-note = Note
mail-sample = this event is a sample, made up to show the portal
mail-ticket = Your ticket
mail-ticket-note = At the door, show your ticket, on your phone or on paper.
mail-how-to-join = How to join, on the event's page
mail-calendar-attached = The entry for your calendar comes with this mail. Should the event change, we will write to you, and the entry changes with it.
mail-calendar-removed = The entry in your calendar goes away with this mail.
mail-give-up = { $seats ->
    [one] If you cannot come after all, please give your seat up, so that someone else can have it.
   *[other] If you cannot come after all, please give your seats up, so that others can have them.
}
mail-manage-seat = { $seats ->
    [one] See, change or give up your seat
   *[other] See, change or give up your seats
}
mail-manage-place = See, change or give up your place in line
mail-manage = See, change or cancel your registration
mail-event-page = The event's page
mail-other-events = See what else is on
mail-button-help = If the button does not work, copy this address into your browser:
mail-reason = The organizers write:
mail-because-registered = You get this mail because you registered with this address.
mail-because-typed = You get this mail because someone typed this address into our form.
mail-because-follow = You get this mail because you follow { $topic }.
mail-contact = Questions about the event? Reply to this mail, or write to { $address }.

## Where somebody stands

mail-standing-seat = { $seats ->
    [one] You have a seat.
   *[other] You have { $seats } seats.
}
mail-standing-approval = The organizers have not decided on it yet. We will write to you when they have.
mail-standing-waitlist = You are number { $position } in line on the waitlist.

## Please confirm

mail-confirm-action = Confirm my address
mail-confirm-preview = Please confirm { $deadline }.
mail-confirm-stranger = If you did not ask for this, do nothing: the request lapses by itself, and you will not hear from us again.
mail-confirm-seat-subject = { $seats ->
    [one] Confirm your seat: { $event }
   *[other] Confirm your { $seats } seats: { $event }
}
mail-confirm-seat-lead = { $seats ->
    [one] You asked for a seat at “{ $event }”. We keep one for you: confirm your address { $deadline }, and it is yours.
   *[other] You asked for { $seats } seats at “{ $event }”. We keep them for you: confirm your address { $deadline }, and they are yours.
}
mail-confirm-seat-lead-approval = { $seats ->
    [one] You asked for a seat at “{ $event }”. We keep one for you: confirm your address { $deadline }, and the organizers decide on your registration.
   *[other] You asked for { $seats } seats at “{ $event }”. We keep them for you: confirm your address { $deadline }, and the organizers decide on your registration.
}
mail-confirm-waitlist-subject = Confirm your place on the waitlist: { $event }
mail-confirm-waitlist-lead = The seats at “{ $event }” are taken, and you asked for a place on the waitlist. We keep it for you, counted from the moment you registered: confirm your address { $deadline }. When it is your turn, we will write to you.
mail-confirm-series-subject = Confirm your registration: { $series }
mail-confirm-series-lead = { $count ->
    [one] You registered for one date of “{ $series }”. Confirm your address { $deadline } to keep it.
   *[other] You registered for { $count } dates of “{ $series }”. Confirm your address { $deadline }, once for all of them.
}
mail-confirm-series-next = Then each date sends a mail of its own, with its entry for your calendar. Where a date is full, you stand on its waitlist.
mail-still-unconfirmed-subject = Confirm your registration: { $event }
mail-still-unconfirmed-lead = You asked again to register for “{ $event }”. We have your first registration, but your address is not confirmed yet. Confirm it { $deadline } to keep your place.

## A seat, a decision, a place in line

mail-confirmed-subject = { $seats ->
    [one] You have a seat: { $event }
   *[other] You have { $seats } seats: { $event }
}
mail-confirmed-lead = { $seats ->
    [one] Your address is confirmed, and you have a seat at “{ $event }”.
   *[other] Your address is confirmed, and you have { $seats } seats at “{ $event }”.
}
mail-promoted-subject = { $seats ->
    [one] A seat came free for you: { $event }
   *[other] { $seats } seats came free for you: { $event }
}
mail-promoted-lead = { $seats ->
    [one] A seat at “{ $event }” came free, and it is yours. There is nothing to confirm.
   *[other] { $seats } seats at “{ $event }” came free, and they are yours. There is nothing to confirm.
}
mail-approved-subject = The organizers said yes: { $event }
mail-approved-lead = { $seats ->
    [one] The organizers of “{ $event }” said yes: you have a seat.
   *[other] The organizers of “{ $event }” said yes: you have { $seats } seats.
}
mail-awaiting-approval-subject = The organizers will decide: { $event }
mail-awaiting-approval-lead = { $seats ->
    [one] The organizers of “{ $event }” decide on each registration. Until they have decided on yours, we keep a seat for you.
   *[other] The organizers of “{ $event }” decide on each registration. Until they have decided on yours, we keep { $seats } seats for you.
}
mail-awaiting-approval-next = We will write to you when they have decided. There is nothing to do before.
mail-declined-subject = No seat this time: { $event }
mail-declined-lead = The organizers of “{ $event }” decided on your registration, and could not give you a seat this time.
mail-waitlisted-subject = You are on the waitlist: { $event }
mail-waitlisted-lead = Your address is confirmed, and you are number { $position } in line for “{ $event }”.
mail-waitlisted-next = { $seats ->
    [one] When it is your turn, we will write to you. There is nothing to do before.
   *[other] When { $seats } seats are free and it is your turn, you get them together, and we will write to you. There is nothing to do before.
}
mail-waitlisted-next-approval = { $seats ->
    [one] When it is your turn, the organizers decide on your registration, and we will write to you. There is nothing to do before.
   *[other] When { $seats } seats are free and it is your turn, the organizers decide on your registration, and we will write to you. There is nothing to do before.
}

## Changed, cancelled, registered again

mail-changed-subject = Your registration changed: { $event }
mail-changed-lead = You changed your registration for “{ $event }”. This is how it stands now.
mail-cancelled-subject = Your registration is cancelled: { $event }
mail-cancelled-lead = Your registration for “{ $event }” is cancelled, as you asked.
mail-cancelled-next = Should you change your mind, you can register again as long as registration is open.
mail-cancelled-by-organizer-subject = The organizers cancelled your registration: { $event }
mail-cancelled-by-organizer-lead = The organizers of “{ $event }” cancelled your registration.
mail-already-registered-subject = You are already registered: { $event }
mail-already-registered-lead = This address was used again to register for “{ $event }”. Nothing changed.
mail-already-registered-stranger = If it was not you who tried, there is nothing to do: nobody but you has this link.

## The event changed

mail-event-changed-subject = { $what ->
    [time] New time: { $event }
    [place] New place: { $event }
    [online] Now online: { $event }
    [both] New time and place: { $event }
    [time-online] New time, and online: { $event }
   *[other] News of { $event }
}
mail-event-changed-lead = { $what ->
    [time] “{ $event }” has a new time.
    [place] “{ $event }” takes place somewhere else.
    [online] “{ $event }” takes place online now.
    [both] “{ $event }” has a new time, and takes place somewhere else.
    [time-online] “{ $event }” has a new time, and takes place online now.
   *[other] There is news of “{ $event }”: this is how it stands now.
}
mail-event-back-lead = “{ $event }” was postponed. Now there is a time for it.
mail-event-revived-subject = It takes place after all: { $event }
mail-event-revived-lead = “{ $event }” was cancelled, and takes place after all. This is how it stands now.
mail-event-postponed-subject = Postponed: { $event }
mail-event-postponed-lead = “{ $event }” is postponed: it does not take place at the time announced. A new time is not known yet. We will write to you when it is.
mail-event-changed-seat = { $seats ->
    [one] Your seat stays yours, and the entry in your calendar changes with this mail.
   *[other] Your seats stay yours, and the entry in your calendar changes with this mail.
}
mail-event-postponed-seat = { $seats ->
    [one] Your seat stays yours. The entry in your calendar now says that the event is postponed.
   *[other] Your seats stay yours. The entry in your calendar now says that the event is postponed.
}
mail-event-changed-waitlist = You keep your place in line.
mail-event-changed-approval = The organizers have not decided on your registration yet. We will write to you when they have.
mail-event-cancelled-subject = Cancelled: { $event }
mail-event-cancelled-lead = “{ $event }” does not take place. We are sorry. There is nothing for you to do.

## Before and after

mail-day-before-subject = { $day ->
    [today] Today: { $event }
   *[tomorrow] Tomorrow: { $event }
}
mail-day-before-lead = { $day ->
    [today] “{ $event }” is today, and you have a seat.
   *[tomorrow] “{ $event }” is tomorrow, and you have a seat.
}
mail-hour-before-subject = Begins at { $hour }: { $event }
mail-hour-before-lead = “{ $event }” begins at { $hour }.
mail-afterwards-subject = How was it? { $event }
mail-afterwards-lead = “{ $event }” is over. Thank you for being part of it.
mail-afterwards-recordings = If you missed something, or want to see it again, here are the recordings:
mail-afterwards-no-recordings = Should there be recordings, they will be on the event's page.
mail-afterwards-question = How was it, and what should be better next time? The form is short, and your answer goes to the organizers.
mail-afterwards-action = Say how it was

## To those who follow

mail-topic = { $kind ->
    [city] meetups in { $name }
    [series] the series “{ $name }”
   *[portal] all meetups of { $name }
}
mail-follow-confirm-subject = Confirm that you follow { $topic }
mail-follow-confirm-lead = You asked for a mail whenever a meetup is published, and want to follow { $topic }. Confirm your address, and these mails begin.
mail-follow-confirm-next = Each of them has a link by which they end again.
mail-follow-published-subject = New meetup: { $event }
mail-follow-published-lead = There is a new meetup: “{ $event }”.
mail-follow-published-action = See the meetup
mail-unfollow = End these mails
