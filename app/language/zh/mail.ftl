### 邮件。写给报名者的消息都可以使用 $event（活动名称）和 $seats（名额数量）。

## 多封邮件共用

mail-greeting = { $name }，您好：
mail-greeting-stranger = 您好：
mail-fact = { $name }：{ $value }
mail-link = { $label }：
mail-instead-of = 原为 { $was }
mail-what = 活动
mail-when = 时间
mail-was-planned = 原定时间
mail-where = 地点
mail-how = 参加方式
mail-how-in-person = 现场参加
mail-seats = 名额
mail-note = 说明
mail-sample = 这是一场示例活动，仅用于展示本站
mail-ticket = 您的电子票
mail-ticket-note = 入场时请出示电子票，手机或纸质均可。
mail-how-to-join = 在线参加方式，见活动页面
mail-calendar-attached = 本邮件附有日历条目。如果活动有变，我们会写信告诉您，日历条目也会随之更新。
mail-calendar-removed = 您日历中的条目会随本邮件一并移除。
mail-give-up = { $seats ->
    [1] 如果您届时无法参加，请取消报名，把名额留给其他人。
   *[other] 如果您届时无法参加，请取消这 { $seats } 个名额，把机会留给其他人。
}
mail-manage-seat = { $seats ->
    [1] 查看、修改或取消您的报名
   *[other] 查看、修改或取消您的 { $seats } 个名额
}
mail-manage-place = 查看、修改或取消您的候补
mail-manage = 查看、修改或取消您的报名
mail-event-page = 活动页面
mail-other-events = 看看还有哪些活动
mail-button-help = 如果按钮无法打开，请将以下地址复制到浏览器中：
mail-reason = 主办方留言：
mail-because-registered = 您收到这封邮件，是因为您用此邮箱报了名。
mail-because-typed = 您收到这封邮件，是因为有人在我们的表单中填写了此邮箱。
mail-because-follow = 您收到这封邮件，是因为您关注了{ $topic }。
mail-contact = 对活动有疑问？请直接回复本邮件，或写信至 { $address }。

## 报名状态

mail-standing-seat = { $seats ->
    [1] 您已有名额。
   *[other] 您已有 { $seats } 个名额。
}
mail-standing-approval = 主办方尚未审核完毕，有结果后我们会写信告诉您。
mail-standing-waitlist = 您在候补名单中排第 { $position } 位。

## 请确认

mail-confirm-action = 确认我的邮箱
mail-confirm-preview = 请在 { $deadline }确认。
mail-confirm-stranger = 如果这不是您本人的操作，请忽略本邮件：该请求会自动失效，我们也不会再给您写信。
mail-confirm-seat-subject = { $seats ->
    [1] 请确认您的报名：{ $event }
   *[other] 请确认您的 { $seats } 个名额：{ $event }
}
mail-confirm-seat-lead = { $seats ->
    [1] 您报名参加“{ $event }”，我们已为您预留名额。请在 { $deadline }确认您的邮箱，确认后名额就是您的了。
   *[other] 您报名参加“{ $event }”，我们已为您预留 { $seats } 个名额。请在 { $deadline }确认您的邮箱，确认后名额就是您的了。
}
mail-confirm-seat-lead-approval = { $seats ->
    [1] 您报名参加“{ $event }”，我们已为您预留名额。请在 { $deadline }确认您的邮箱，确认后将由主办方审核您的报名。
   *[other] 您报名参加“{ $event }”，我们已为您预留 { $seats } 个名额。请在 { $deadline }确认您的邮箱，确认后将由主办方审核您的报名。
}
mail-confirm-waitlist-subject = 请确认您的候补：{ $event }
mail-confirm-waitlist-lead = “{ $event }”的名额已满，您申请了候补。我们已按您报名的先后为您保留位置，请在 { $deadline }确认您的邮箱。轮到您时，我们会写信告诉您。
mail-confirm-series-subject = 请确认您的报名：{ $series }
mail-confirm-series-lead = 您报名了系列活动“{ $series }”中的 { $count } 场。请在 { $deadline }确认您的邮箱，只需确认一次，对所有场次都有效。
mail-confirm-series-next = 确认后，每一场都会单独给您发一封邮件。有名额的场次附有日历条目；如果某一场名额已满，您会进入该场的候补名单。
mail-still-unconfirmed-subject = 请确认您的报名：{ $event }
mail-still-unconfirmed-lead = 您再次报名参加“{ $event }”。您之前的报名我们已经收到，只是邮箱还没有确认。请在 { $deadline }确认，以保留您的位置。

## 名额、审核与候补

mail-confirmed-subject = { $seats ->
    [1] 报名成功：{ $event }
   *[other] 报名成功（{ $seats } 个名额）：{ $event }
}
mail-confirmed-lead = { $seats ->
    [1] 您的邮箱已确认，您已成功报名“{ $event }”。
   *[other] 您的邮箱已确认，您已成功报名“{ $event }”，共 { $seats } 个名额。
}
mail-promoted-subject = { $seats ->
    [1] 候补成功：{ $event }
   *[other] 候补成功（{ $seats } 个名额）：{ $event }
}
mail-promoted-lead = { $seats ->
    [1] “{ $event }”空出了名额，现已归您，无需再作确认。
   *[other] “{ $event }”空出了名额，您候补的 { $seats } 个名额现已归您，无需再作确认。
}
mail-approved-subject = 报名已通过审核：{ $event }
mail-approved-lead = { $seats ->
    [1] “{ $event }”的主办方已通过您的报名，您已有名额。
   *[other] “{ $event }”的主办方已通过您的报名，您已有 { $seats } 个名额。
}
mail-awaiting-approval-subject = 报名正在审核：{ $event }
mail-awaiting-approval-lead = { $seats ->
    [1] “{ $event }”的报名由主办方逐一审核，审核期间我们为您保留名额。
   *[other] “{ $event }”的报名由主办方逐一审核，审核期间我们为您保留 { $seats } 个名额。
}
mail-awaiting-approval-next = 有结果后我们会写信告诉您，在此之前您无需做任何事。
mail-declined-subject = 报名未获通过：{ $event }
mail-declined-lead = 很抱歉，“{ $event }”的主办方审核了您的报名，这次未能为您安排名额。
mail-waitlisted-subject = 您已进入候补名单：{ $event }
mail-waitlisted-lead = 您的邮箱已确认，您在“{ $event }”的候补名单中排第 { $position } 位。
mail-waitlisted-next = { $seats ->
    [1] 一旦轮到您，名额即归您，我们会写信告诉您。在此之前您无需做任何事。
   *[other] 一旦轮到您，您申请的 { $seats } 个名额会一并归您，我们会写信告诉您。在此之前您无需做任何事。
}
mail-waitlisted-next-approval = { $seats ->
    [1] 一旦轮到您，主办方会审核您的报名，我们会写信告诉您结果。在此之前您无需做任何事。
   *[other] 一旦有 { $seats } 个名额空出并轮到您，主办方会审核您的报名，我们会写信告诉您结果。在此之前您无需做任何事。
}

## 修改、取消与重复报名

mail-changed-subject = 您的报名已修改：{ $event }
mail-changed-lead = 您修改了“{ $event }”的报名，目前情况如下。
mail-cancelled-subject = 您的报名已取消：{ $event }
mail-cancelled-lead = 应您的要求，“{ $event }”的报名已取消。
mail-cancelled-next = 如果您改变主意，在报名截止前可以重新报名。
mail-cancelled-by-organizer-subject = 主办方取消了您的报名：{ $event }
mail-cancelled-by-organizer-lead = “{ $event }”的主办方取消了您的报名。
mail-already-registered-subject = 您已经报过名了：{ $event }
mail-already-registered-lead = 有人再次用此邮箱报名参加“{ $event }”。您原来的报名没有任何变化。
mail-already-registered-stranger = 如果这不是您本人的操作，您无需做任何事：只有您能看到这个链接。

## 活动有变

mail-event-changed-subject = { $what ->
    [time] 时间变更：{ $event }
    [place] 地点变更：{ $event }
    [online] 改为线上举行：{ $event }
    [both] 时间和地点变更：{ $event }
    [time-online] 时间变更并改为线上：{ $event }
   *[other] 活动有新消息：{ $event }
}
mail-event-changed-lead = { $what ->
    [time] “{ $event }”的时间有变。
    [place] “{ $event }”的地点有变。
    [online] “{ $event }”改为线上举行。
    [both] “{ $event }”的时间和地点都有变。
    [time-online] “{ $event }”的时间有变，并改为线上举行。
   *[other] “{ $event }”有新消息，目前情况如下。
}
mail-event-back-lead = 此前延期的“{ $event }”现已确定新的时间。
mail-event-revived-subject = 活动恢复举行：{ $event }
mail-event-revived-lead = 此前取消的“{ $event }”现已恢复举行，目前情况如下。
mail-event-postponed-subject = 活动延期：{ $event }
mail-event-postponed-lead = “{ $event }”延期举行，不会在原定时间进行。新的时间尚未确定，确定后我们会写信告诉您。
mail-event-changed-seat = { $seats ->
    [1] 您的名额继续有效，日历条目会随本邮件更新。
   *[other] 您的 { $seats } 个名额继续有效，日历条目会随本邮件更新。
}
mail-event-postponed-seat = { $seats ->
    [1] 您的名额继续有效，日历条目现已注明活动延期。
   *[other] 您的 { $seats } 个名额继续有效，日历条目现已注明活动延期。
}
mail-event-changed-waitlist = 您的候补位置不变。
mail-event-changed-approval = 主办方尚未审核完您的报名，有结果后我们会写信告诉您。
mail-event-cancelled-subject = 活动取消：{ $event }
mail-event-cancelled-lead = 很抱歉，“{ $event }”不再举行。您无需做任何事。

## 活动前后

mail-day-before-subject = { $day ->
    [today] 就在今天：{ $event }
   *[tomorrow] 就在明天：{ $event }
}
mail-day-before-lead = { $day ->
    [today] “{ $event }”将于今天举行，您的名额已保留。
   *[tomorrow] “{ $event }”将于明天举行，您的名额已保留。
}
mail-hour-before-subject = { $hour } 开始：{ $event }
mail-hour-before-lead = “{ $event }”将于 { $hour } 开始。
mail-afterwards-subject = 您觉得怎么样？{ $event }
mail-afterwards-lead = “{ $event }”已经结束，感谢您的参与。
mail-afterwards-recordings = 如果您错过了一些内容，或想再看一遍，请看录像：
mail-afterwards-no-recordings = 如果有录像，会发布在活动页面上。
mail-afterwards-question = 您觉得这次活动怎么样？下次哪些地方可以做得更好？表单很短，您的反馈会交给主办方。
mail-afterwards-action = 填写反馈

## 致关注者

mail-topic = { $kind ->
    [city] { $name }的活动
    [series] 系列活动“{ $name }”
   *[portal] “{ $name }”的全部活动
}
mail-follow-confirm-subject = 请确认关注：{ $topic }
mail-follow-confirm-lead = 您申请关注{ $topic }，以便在新活动发布时收到邮件。请确认您的邮箱，确认后我们才会开始发送。
mail-follow-confirm-next = 每封邮件中都有链接，您可以随时停止接收。
mail-follow-published-subject = 新活动：{ $event }
mail-follow-published-lead = 新活动“{ $event }”已发布。
mail-follow-published-action = 查看活动
mail-unfollow = 停止接收
