// As much of Flutter as `journey_page.dart` uses, so that it runs without a device.

class Key {}

abstract class Widget {
  const Widget({this.key});
  final Key? key;
}

abstract class BuildContext {}

abstract class StatefulWidget extends Widget {
  const StatefulWidget({super.key});
  State createState();
}

abstract class State<T extends StatefulWidget> {
  late T widget;
  void initState() {}
  Widget build(BuildContext context);
}
